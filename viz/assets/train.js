// Training as nn.fit does it: batches in the order of Python's generator, the mean gradient, and a step against it.
const WORDS = 624, SHIFT = 397;

// The generator of Python's module random, from its state. Matsumoto & Nishimura, Mersenne twister (1998).
class Twister {
  constructor(state) {
    this.words = Uint32Array.from(state.slice(0, WORDS));
    this.at = state[WORDS];
  }

  next() {
    if (this.at === WORDS) this.twist();
    let word = this.words[this.at++];
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    return (word ^ (word >>> 18)) >>> 0;
  }

  twist() {
    const { words } = this;
    for (let k = 0; k < WORDS; k++) {
      const word = (words[k] & 0x80000000) | (words[(k + 1) % WORDS] & 0x7fffffff);
      words[k] = words[(k + SHIFT) % WORDS] ^ (word >>> 1) ^ (word & 1 ? 0x9908b0df : 0);
    }
    this.at = 0;
  }
}

// 0 .. n - 1 sorted by random keys of 64 bits, as `shuffled` of nn.data.samples.
function shuffled(random, n) {
  const keys = Array.from({ length: n }, () => [random.next(), random.next()]); // the low half comes first
  return keys.map((_, i) => i).sort((i, j) => keys[i][1] - keys[j][1] || keys[i][0] - keys[j][0]);
}

// `learn` returns the loss of a sample and its gradient by the parameters.
class Training {
  constructor(data, learn) {
    this.samples = data.inputs.map((row, i) => [...row, ...data.targets[i]]);
    Object.assign(this, { data, learn });
    this.reset();
  }

  reset() {
    const { theta, random } = this.data;
    this.theta = Float64Array.from(theta);
    this.random = random && new Twister(random);
    this.batches = []; // of the epoch that is not at its end
    this.losses = []; // of each step, with the time in epochs
    this.means = []; // of each epoch
    this.sum = this.count = this.time = 0;
    this.isLost = false; // whether a number is not finite
  }

  // One step of gradient descent with a learning rate; a new size of a batch counts from the next epoch on.
  step(rate, size) {
    const n = this.samples.length;
    if (!this.batches.length) {
      const order = this.random && size < n ? shuffled(this.random, n) : this.samples.map((_, i) => i);
      for (let i = 0; i < n; i += size) this.batches.push(order.slice(i, i + size));
    }
    const batch = this.batches[0];
    let loss = 0;
    const gradient = new Float64Array(this.theta.length);
    for (const i of batch) {
      const result = this.learn(this.samples[i], this.theta);
      loss += result[0] / batch.length;
      for (let k = 0; k < gradient.length; k++) gradient[k] += result[k + 1] / batch.length;
    }
    const next = this.theta.map((x, k) => x - rate * gradient[k]);
    this.isLost = !Number.isFinite(loss) || !next.every(Number.isFinite);
    if (this.isLost) return;
    this.batches.shift();
    this.theta = next;
    this.time += batch.length / n;
    this.sum += loss;
    this.count += 1;
    this.losses.push([this.time, loss]);
    if (this.batches.length) return;
    this.time = Math.round(this.time);
    this.means.push([this.time, this.sum / this.count]);
    this.sum = this.count = 0;
  }
}
