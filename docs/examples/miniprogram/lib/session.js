// Who uses the mini-program: signing in by WeChat, and staying signed in.
//
// wx.login gives a code for the server; the first time the server wants a phone code too, which only a button can give. The refresh
// token is good once, so of several calls whose token has ended one buys the next pair and the others wait for it.
const { makeClient } = require("./request");

const STORE = "linli_session";

function makeSession({ base, wx }) {
  let tokens = wx.getStorageSync(STORE) || undefined;
  let renewing;

  function keep(next) {
    tokens = next;
    if (next) wx.setStorageSync(STORE, next);
    else wx.removeStorageSync(STORE);
  }

  const session = {
    token: () => tokens && tokens.access_token,
    account: () => tokens && tokens.account_id,
    renew(old) {
      if (!tokens) return Promise.resolve(false);
      // Somebody else has bought it meanwhile.
      if (tokens.access_token !== old) return Promise.resolve(true);
      renewing = renewing || refresh().finally(() => (renewing = undefined));
      return renewing;
    },
  };
  const open = makeClient({ base, session: { token: () => undefined, renew: () => Promise.resolve(false) }, wx });

  async function refresh() {
    try {
      keep(await open.call("refresh_session", { refresh_token: tokens.refresh_token }));
      return true;
    } catch (problem) {
      if (problem.status !== 401) throw problem;
      // The session is over; WeChat still knows who it is.
      try {
        await session.signIn();
        return true;
      } catch (again) {
        keep(undefined);
        return false;
      }
    }
  }

  function login() {
    return new Promise((resolve, reject) => wx.login({ success: (reply) => resolve(reply.code), fail: reject }));
  }

  /** Signs in; throws `wechat_unbound` when a phone code is needed. */
  session.signIn = async (phoneCode) => {
    const code = await login();
    keep(await open.call("sign_in_by_wechat", phoneCode ? { code, phone_code: phoneCode } : { code }));
  };

  return session;
}

module.exports = { makeSession };
