// A number as `format_number` of viz.style.text writes it, so that a page shows what a drawing shows: significant digits,
// no zeros at their end, ties to even, and no -0.
function number(x, digits = 4) {
  if (Number.isNaN(x)) return "nan";
  if (!Number.isFinite(x)) return x > 0 ? "∞" : "−∞";
  if (x === 0) return "0";
  const [mantissa, exponent] = rounded(Math.abs(x), digits);
  const sign = x < 0 ? "−" : "";
  const shown = mantissa.replace(".", "").replace(/0+$/, "");
  if (exponent < -4 || exponent >= digits) {
    const fraction = shown.length > 1 ? `.${shown.slice(1)}` : "";
    const power = String(exponent).replace(/./g, (c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]);
    return `${sign}${shown === "1" ? "" : `${shown[0]}${fraction}·`}10${power}`;
  }
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${shown}`;
  const whole = shown.slice(0, exponent + 1).padEnd(exponent + 1, "0");
  const fraction = shown.slice(exponent + 1);
  return sign + (fraction ? `${whole}.${fraction}` : whole);
}

// The digits and the exponent of 10. toExponential takes the larger of two that are equally near.
function rounded(x, digits) {
  const [exact, below] = x.toExponential(100).split("e");
  const kept = exact.slice(0, digits === 1 ? 1 : digits + 1);
  const rest = exact.slice(kept.length).replace(".", "");
  if (/^50*$/.test(rest) && "02468".includes(kept.at(-1))) return [kept, Number(below)];
  const [mantissa, exponent] = x.toExponential(digits - 1).split("e");
  return [mantissa, Number(exponent)];
}
