//! The access token (接口调用凭据), one for all processes.
//!
//! It lies in the database, sealed. Whoever finds that it ends soon makes itself the one who fetches the next, for some seconds, and
//! asks for it with no transaction open; the others go on with the one that is there. When WeChat says that a token is no good
//! any more, it is fetched by force, once for all who hear that at the same time, and never more often than WeChat allows.
//! Source: developers.weixin.qq.com, getStableAccessToken.

use super::{
    client::{Answer, Fault, Held, Wechat, read},
    row, store,
};
use chrono::Duration;
use kernel::{Core, Cx};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::time::Duration as Wait;
use tokio::time::sleep;

/// So long before its end the next is asked for. WeChat has the next one five minutes before the end, and takes both until then.
const EARLY: Duration = Duration::minutes(4);
/// So long one has for fetching it: longer than WeChat has for an answer.
const CLAIM: Duration = Duration::seconds(15);
/// How often, and how long apart, those look who wait for it.
const LOOKS: (usize, Wait) = (25, Wait::from_millis(80));

#[derive(Deserialize)]
struct Fetched {
    access_token: String,
    expires_in: i64,
}

impl Wechat {
    /// Asks by POST with a token; with another one, once, if WeChat does not take it any more.
    pub(super) async fn call<T: DeserializeOwned>(&self, core: &Core, path: &'static str, body: &Value) -> Result<T, Fault> {
        read(self.call_for(core, path, body).await?)
    }

    /// The same for what may be a picture.
    pub(super) async fn call_for(&self, core: &Core, path: &'static str, body: &Value) -> Result<Answer, Fault> {
        let token = self.token(core).await?;
        match self.post_with(path, &token, body).await {
            Err(fault) if fault.is_token() => {
                let token = self.another(core, &token).await?;
                self.post_with(path, &token, body).await
            }
            answer => answer,
        }
    }

    /// A token that is good now.
    async fn token(&self, core: &Core) -> Result<String, Fault> {
        let cx = Cx::system(core.clone());
        if let Some(held) = self.held().filter(|held| cx.now() < held.expires_at - EARLY) {
            return Ok(held.token);
        }
        for _ in 0..LOOKS.0 {
            let row = store::token(&cx, &self.setup.appid).await?;
            let held = self.opened(&cx, &row)?;
            if let Some(held) = held.as_ref().filter(|held| cx.now() < held.expires_at - EARLY) {
                self.hold(Some(held.clone()));
                return Ok(held.token.clone());
            }
            let good = held.filter(|held| cx.now() < held.expires_at);
            if store::claim_token(&cx, &row, cx.now() + CLAIM, false).await? {
                return match (self.fetch(&cx, false).await, good) {
                    (Err(_), Some(held)) => Ok(held.token),
                    (fetched, _) => fetched,
                };
            }
            // Somebody is fetching the next one.
            if let Some(held) = good {
                return Ok(held.token);
            }
            sleep(LOOKS.1).await;
        }
        Err(Fault::Away("another process has been fetching the token for too long".to_owned()))
    }

    /// Another token than this one, which WeChat does not take any more.
    async fn another(&self, core: &Core, bad: &str) -> Result<String, Fault> {
        let cx = Cx::system(core.clone());
        self.hold(None);
        for _ in 0..LOOKS.0 {
            let row = store::token(&cx, &self.setup.appid).await?;
            if let Some(held) = self.opened(&cx, &row)?.filter(|held| held.token != bad && cx.now() < held.expires_at) {
                self.hold(Some(held.clone()));
                return Ok(held.token);
            }
            if store::claim_token(&cx, &row, cx.now() + CLAIM, true).await? {
                return self.fetch(&cx, true).await;
            }
            let again = store::token(&cx, &self.setup.appid).await?;
            if again.claim_until <= cx.now() && again.token == row.token {
                // Nobody is fetching it: it has been fetched by force too often, or a moment ago.
                return Err(Fault::Away("the token is refused, and may not be fetched by force again yet".to_owned()));
            }
            sleep(LOOKS.1).await;
        }
        Err(Fault::Away("another process has been fetching the token for too long".to_owned()))
    }

    fn opened(&self, cx: &Cx, row: &row::token::Model) -> Result<Option<Held>, Fault> {
        let Some(sealed) = &row.token else { return Ok(None) };
        let token = cx.vault().open(&owner(&row.appid), sealed)?;
        Ok(Some(Held { token, expires_at: row.expires_at }))
    }

    /// Fetches the token and writes it down, by whoever has made itself the one.
    async fn fetch(&self, cx: &Cx, force: bool) -> Result<String, Fault> {
        let (appid, secret) = (&self.setup.appid, &self.setup.secret);
        let body = json!({ "grant_type": "client_credential", "appid": appid, "secret": secret, "force_refresh": force });
        let fetched: Result<Fetched, Fault> = self.post("/cgi-bin/stable_token", &body).await;
        match fetched {
            Ok(Fetched { access_token, expires_in }) => {
                let expires_at = cx.now() + Duration::seconds(expires_in.clamp(0, 86_400));
                let sealed = cx.vault().seal(&owner(appid), &access_token)?;
                store::set_token(cx, appid, Some((sealed, expires_at))).await?;
                self.hold(Some(Held { token: access_token.clone(), expires_at }));
                Ok(access_token)
            }
            Err(fault) => {
                store::set_token(cx, appid, None).await?;
                Err(fault)
            }
        }
    }
}

/// What the sealed token is bound to.
fn owner(appid: &str) -> String {
    format!("wechat token {appid}")
}
