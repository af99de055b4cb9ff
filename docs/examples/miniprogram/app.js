const { makeLinli } = require("./lib/linli");
const config = require("./config");

App({
  onLaunch() {
    this.linli = makeLinli({ base: config.base, wx });
  },
  /** Signs in, or sends the user to where they can. */
  async ready() {
    const { session } = this.linli;
    if (session.token()) return true;
    try {
      await session.signIn();
      return true;
    } catch (problem) {
      if (problem.code !== "wechat_unbound") throw problem;
      wx.navigateTo({ url: "/pages/signin/signin" });
      return false;
    }
  },
  tell(problem) {
    wx.showToast({ title: problem.message, icon: "none" });
  },
});
