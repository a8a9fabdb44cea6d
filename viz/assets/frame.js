// The graph in its frame: of its layouts the one whose text is largest there. It is whole at first if it can be read, or
// if it is small and the frame is not; +, - and 0, and the wheel with Ctrl, change its size.
const SMALLEST = 1.25, LARGEST = 3.2; // pixels to a point: of text that can be read, and of text that is large enough
const SMALL = 30, NARROW = 700; // the most nodes of a small graph, and the pixels of a window that is not narrow
const isWide = () => Math.min(innerWidth, 1.4 * innerHeight) >= NARROW;
const TINY = 9; // pixels of numbers that nobody can read: boxes are folded at first
const FAR = 24 / 720; // the height of numbers that a hall can read, as a share of the screen
class Frame {
  // `leave` is called before another layout takes the place of the picture, to bring this one back to the start, and
  // `changed` is called after.
  constructor(changed, leave = () => {}) {
    this.view = document.getElementById("view");
    Object.assign(this, { changed, leave });
    this.folded = this.view.dataset.folded; // a 1 for each box that is folded, and a 0 for each other
    this.pictures = [[this.folded, this.view.querySelector("svg")]];
    for (const other of this.view.querySelectorAll("template")) {
      this.pictures.push([other.dataset.folded, other.content.firstElementChild]);
    }
    this.picture = this.pictures[0][1];
    this.folds = [...document.querySelectorAll(".fold")];
    this.folds.forEach((button, i) => { button.onclick = () => this.fold(i); });
    this.view.addEventListener("click", (event) => {
      const box = event.target.closest(".node[data-box], [data-box] text")?.closest("[data-box]").dataset.box;
      if (box) this.fold(Math.max(0, this.folds.findIndex((button) => button.dataset.box === box)));
    });
    this.size = null; // pixels to a point, or null for the size at first
    this.buttons = ["smaller", "whole", "larger"].map((id) => document.getElementById(id));
    const [smaller, whole, larger] = this.buttons;
    smaller.onclick = () => this.resize(this.scale / 1.25);
    larger.onclick = () => this.resize(this.scale * 1.25);
    whole.onclick = () => this.resize(this.scale > this.whole() ? this.whole() : Math.max(SMALLEST, 1.5 * this.whole()));
    addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input:not([type=range], [type=checkbox])")) return;
      if (document.getElementById("letters")?.checked === false) return;
      if (event.key === "+") larger.click();
      if (event.key === "-") smaller.click();
      if (event.key === "0") this.resize(this.whole());
    });
    this.view.addEventListener("wheel", (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      this.resize(this.scale * Math.exp(-event.deltaY / 300));
    }, { passive: false });
  }

  fits({ viewBox: { baseVal: { width, height } } }) {
    return Math.min((this.view.clientWidth - 4) / width, (this.view.clientHeight - 4) / height, LARGEST);
  }

  // Folds a box or opens it; where boxes fold all at once, all.
  fold(i) {
    const now = [...this.folded];
    const all = (this.folded.includes("0") ? "1" : "0").repeat(now.length);
    this.become(this.folds.length === now.length ? now.with(i, now[i] === "0" ? "1" : "0").join("") : all);
  }

  become(folded) {
    this.folded = folded;
    this.folds.forEach((button, k) => button.setAttribute("aria-expanded", this.folded[k] === "0"));
    Object.assign(this, { size: null, isWhole: undefined });
    this.fit();
  }

  whole() {
    return this.fits(this.picture);
  }

  resize(scale) {
    this.size = Math.min(Math.max(scale, this.whole()), 2 * LARGEST);
    if (this.size === this.whole()) this.size = null;
    this.isWhole = this.size === null;
    this.fit();
  }

  fit() {
    const suits = (picture) => isWide() || !picture.querySelector(".abreast"); // two graphs
    const layouts = this.pictures.filter(([folded, one]) => folded === this.folded && suits(one)).map(([, one]) => one);
    const best = layouts.reduce((one, other) => (this.fits(other) > 1.05 * this.fits(one) ? other : one));
    if (best !== this.picture) {
      this.leave();
      this.picture.replaceWith(best);
      this.picture = best;
      this.changed();
    }
    const whole = this.whole();
    this.count = this.picture.querySelectorAll(".node").length;
    const graphs = this.picture.querySelectorAll(".title").length || 1; // of which each has its title if they are two
    const isWhole = this.isWhole ?? (this.count <= SMALL * graphs && isWide());
    this.scale = this.size ?? (isWhole ? whole : Math.max(whole, SMALLEST));
    const { width, height } = this.picture.viewBox.baseVal;
    this.picture.setAttribute("width", width * this.scale);
    this.picture.setAttribute("height", height * this.scale);
    this.view.style.touchAction = this.view.scrollWidth <= this.view.clientWidth ? "pan-y pinch-zoom" : "";
    this.buttons[0].disabled = this.scale <= whole;
    this.buttons[1].setAttribute("aria-pressed", this.scale <= whole);
    const pixels = this.scale * Number(this.picture.querySelector(".data").getAttribute("font-size"));
    if (this.view.clientWidth && !this.isShown) {
      this.isShown = true;
      if (isWhole && pixels < TINY && this.folded.includes("0")) return this.become("1".repeat(this.folded.length));
    }
    const isSmall = this.scale <= whole && pixels < FAR * innerHeight && isWide();
    document.getElementById("small").textContent = isSmall
      ? `${this.count} nodes in one frame: numbers of ${Math.round(pixels)} pixels; ${this.folded.includes("0") ? "+ or a folded group" : "+"} enlarges` : "";
  }
}
