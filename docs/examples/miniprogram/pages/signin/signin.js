const app = getApp();

Page({
  data: {},
  /** The button with open-type="getPhoneNumber". */
  async onPhone(event) {
    if (!event.detail.code) return;
    try {
      await app.linli.session.signIn(event.detail.code);
      wx.navigateBack();
    } catch (problem) {
      app.tell(problem);
    }
  },
});
