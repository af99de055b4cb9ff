const app = getApp();

Page({
  data: { orders: [], more: false },
  async onShow() {
    try {
      if (await app.ready()) this.take(await app.linli.mine(), []);
    } catch (problem) {
      app.tell(problem);
    }
  },
  take(page, before) {
    this.next = page.next;
    this.setData({ orders: before.concat(page.orders), more: Boolean(page.next) });
  },
  async onReachBottom() {
    if (this.next) this.take(await this.next(), this.data.orders);
  },
});
