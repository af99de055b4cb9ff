const app = getApp();

Page({
  data: { claimable: [], taken: [] },
  async onShow() {
    try {
      if (!(await app.ready())) return;
      const [claimable, taken] = await Promise.all([app.linli.claimable(), app.linli.taken()]);
      this.setData({ claimable: claimable.orders, taken: taken.orders });
    } catch (problem) {
      app.tell(problem);
    }
  },
  async onAccept(event) {
    const order = this.data.claimable.find((one) => one.id === event.currentTarget.dataset.id);
    try {
      await app.linli.accept(order);
      wx.navigateTo({ url: `/pages/order/order?id=${order.id}` });
    } catch (problem) {
      // order_taken: somebody was faster.
      app.tell(problem);
      await this.onShow();
    }
  },
});
