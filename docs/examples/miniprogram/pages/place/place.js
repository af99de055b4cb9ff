const app = getApp();
const config = require("../../config");

Page({
  data: { title: "", content: "", address: "", photos: [], busy: false },
  onLoad(query) {
    // A QR code on a notice board says by its scene where it hangs.
    this.scene = query.scene ? decodeURIComponent(query.scene) : "";
  },
  onInput(event) {
    this.setData({ [event.currentTarget.dataset.field]: event.detail.value });
  },
  onPhotos() {
    wx.chooseMedia({
      count: 4,
      mediaType: ["image"],
      success: (reply) => this.setData({ photos: reply.tempFiles.map((file) => file.tempFilePath) }),
    });
  },
  onPoint() {
    wx.chooseLocation({ success: (point) => this.setData({ point }) });
  },
  async onSubmit() {
    if (this.data.busy) return;
    this.setData({ busy: true });
    try {
      if (!(await app.ready())) return;
      // A tap, so the user can be asked whether they want to be told.
      await app.linli.subscribe();
      const { title, content, address, point, photos } = this.data;
      const order = await app.linli.place({ title, content, address, point, photos, region_code: config.community });
      this.setData({ title: "", content: "", photos: [] });
      wx.navigateTo({ url: `/pages/order/order?id=${order.id}` });
    } catch (problem) {
      app.tell(problem);
    } finally {
      this.setData({ busy: false });
    }
  },
});
