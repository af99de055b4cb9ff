const app = getApp();
const { LEVELS } = require("../../lib/linli");

Page({
  data: { levels: LEVELS.map(([, text]) => text), level: 0, text: "" },
  onLoad(query) {
    this.id = query.id;
  },
  async onShow() {
    try {
      if (!(await app.ready())) return;
      await this.show(await app.linli.order(this.id));
    } catch (problem) {
      app.tell(problem);
    }
  },
  async show(order) {
    this.order = order;
    const progress = await app.linli.progress(this.id);
    // The buttons are what the server allows.
    this.setData({ order, progress, text: "" });
  },
  onInput(event) {
    this.setData({ text: event.detail.value });
  },
  onLevel(event) {
    this.setData({ level: Number(event.detail.value) });
  },
  async onComplete() {
    await this.step(() => app.linli.complete(this.order, this.data.text));
  },
  async onEvaluate() {
    await this.step(() => app.linli.evaluate(this.order, LEVELS[this.data.level][0], this.data.text));
  },
  async step(work) {
    try {
      await this.show(await work());
    } catch (problem) {
      app.tell(problem);
      // Somebody else may have moved it on: order_version_stale, order_state_conflict.
      if (problem.status === 409) await this.onShow();
    }
  },
});
