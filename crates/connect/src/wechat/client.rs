//! The way to WeChat: one client for the whole process.
//!
//! WeChat answers everything with status 200, and says in `errcode` what went wrong. A [`Fault`] is either that it could not be
//! asked or what it said; [`Fault::problem`] is the one table of what callers are told. Neither the secret nor a token ever gets
//! into a message: addresses are left out of errors, because they hold both.

use super::push::PushKeys;
use kernel::{Code, Error};
use reqwest::{Client, RequestBuilder, Response, Url, header::CONTENT_TYPE, redirect};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use std::{
    fmt, io,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// How long WeChat has for an answer.
const DEADLINE: Duration = Duration::from_secs(5);
/// The largest answer that is read: a QR code of 1,280 pixels is far smaller.
const LARGEST: usize = 4 << 20;
/// Characters of what WeChat says of an error that are kept.
const SAID: usize = 200;

/// Which edition of the mini-program messages and QR codes lead to (小程序版本).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Edition {
    /// 正式版
    #[default]
    Release,
    /// 体验版
    Trial,
    /// 开发版
    Develop,
}

impl Edition {
    /// Its word, which QR codes use too.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Trial => "trial",
            Self::Develop => "develop",
        }
    }

    /// What a message calls it.
    pub(super) const fn miniprogram_state(self) -> &'static str {
        match self {
            Self::Release => "formal",
            Self::Trial => "trial",
            Self::Develop => "developer",
        }
    }
}

/// How WeChat is reached, by configuration.
#[derive(Clone, Default)]
pub struct Setup {
    /// The id of the mini-program (小程序 ID).
    pub appid: String,
    /// Its secret (小程序密钥).
    pub secret: String,
    /// Where WeChat is: `https://api.weixin.qq.com`, or a stand-in on this machine.
    pub base_url: String,
    /// Which edition messages and QR codes lead to.
    pub edition: Edition,
    /// The token of message push (消息推送令牌); without it nothing is taken.
    pub push_token: Option<String>,
    /// The EncodingAESKey of message push (消息加密密钥); with it only encrypted messages are taken (安全模式).
    pub push_key: Option<String>,
    /// Where WeChat fetches pictures from this server to check them; without it they are not checked.
    pub public_url: Option<String>,
}

impl fmt::Debug for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Setup({} at {})", self.appid, self.base_url)
    }
}

/// A token as this process remembers it.
#[derive(Clone)]
pub(super) struct Held {
    pub(super) token: String,
    pub(super) expires_at: kernel::Time,
}

/// WeChat, as this server knows it.
pub struct Wechat {
    pub(super) setup: Setup,
    pub(super) push: Option<PushKeys>,
    base: Url,
    client: Client,
    held: Mutex<Option<Held>>,
}

impl fmt::Debug for Wechat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.setup.fmt(f)
    }
}

/// Why WeChat did not do it.
#[derive(Debug)]
pub(super) enum Fault {
    /// It could not be asked, or its answer could not be read.
    Away(String),
    /// It said no.
    Said { errcode: i64, errmsg: String },
    /// Something on our side.
    Ours(Error),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Ours(error)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Away(why) => f.write_str(why),
            Self::Said { errcode, errmsg } => write!(f, "{errcode} {errmsg}"),
            Self::Ours(error) => write!(f, "{error}"),
        }
    }
}

impl Fault {
    /// What WeChat said, by number.
    pub(super) const fn errcode(&self) -> Option<i64> {
        match self {
            Self::Said { errcode, .. } => Some(*errcode),
            Self::Away(_) | Self::Ours(_) => None,
        }
    }

    /// Whether it is the token that is wrong.
    pub(super) const fn is_token(&self) -> bool {
        matches!(self.errcode(), Some(40001 | 40014 | 42001))
    }

    /// Whether the same may go well later: WeChat is away or busy, or a quota is used up.
    pub(super) const fn may_pass(&self) -> bool {
        match self {
            Self::Away(_) | Self::Ours(_) => true,
            Self::Said { errcode, .. } => matches!(errcode, -1 | 40001 | 40014 | 42001 | 45009 | 45011),
        }
    }

    /// What the caller is told.
    pub(super) fn problem(self) -> Error {
        let code = match &self {
            Self::Ours(error) => return error.clone(),
            Self::Away(_) => Code::WechatUnavailable,
            Self::Said { errcode, .. } => match errcode {
                -1 => Code::WechatUnavailable,
                40029 | 40163 => Code::WechatCodeInvalid,
                45009 | 45011 => Code::WechatBusy,
                40226 => Code::WechatUserBlocked,
                40169 | 40129 => Code::WechatSceneInvalid,
                41030 => Code::WechatPageUnknown,
                _ => Code::WechatRefused,
            },
        };
        let errcode = self.errcode().unwrap_or_default();
        let error = Error::new(code).because(self.to_string());
        if code == Code::WechatRefused { error.with("errcode", errcode) } else { error }
    }
}

/// What an answer holds: JSON, or a picture.
pub(super) enum Answer {
    Json(Value),
    Picture(String, Vec<u8>),
}

impl Wechat {
    /// Reads the configuration; asks nobody yet.
    ///
    /// # Errors
    /// What is wrong with it, in a sentence without secrets.
    pub fn new(setup: Setup) -> io::Result<Self> {
        let wrong = |what: String| io::Error::other(format!("WeChat: {what}"));
        let base: Url = setup.base_url.parse().map_err(|e| wrong(format!("{} is no address: {e}", setup.base_url)))?;
        let here = base.host_str().is_some_and(|host| ["127.0.0.1", "localhost", "[::1]"].contains(&host));
        if base.scheme() != "https" && !(base.scheme() == "http" && here) {
            return Err(wrong("its address begins with https://, or lies on this machine".to_owned()));
        }
        if setup.appid.is_empty() || setup.secret.is_empty() {
            return Err(wrong("the id of the mini-program and its secret are both needed".to_owned()));
        }
        let push = match (&setup.push_token, &setup.push_key) {
            (Some(token), key) => Some(PushKeys::read(token, key.as_deref(), &setup.appid).map_err(wrong)?),
            (None, Some(_)) => return Err(wrong("the key of message push needs its token".to_owned())),
            (None, None) => None,
        };
        if setup.public_url.as_ref().is_some_and(|url| !url.starts_with("https://") && !url.starts_with("http://127.0.0.1")) {
            return Err(wrong("the public address begins with https://".to_owned()));
        }
        if setup.public_url.is_some() && push.is_none() {
            return Err(wrong("pictures are checked only with message push, which tells what came of it".to_owned()));
        }
        kernel::tls::install();
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(Duration::from_secs(2))
            .timeout(DEADLINE)
            .build()
            .map_err(io::Error::other)?;
        Ok(Self { setup, push, base, client, held: Mutex::default() })
    }

    /// Whether pictures can be checked.
    #[must_use]
    pub const fn checks_pictures(&self) -> bool {
        self.setup.public_url.is_some()
    }

    /// The token that this process remembers.
    pub(super) fn held(&self) -> Option<Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn hold(&self, held: Option<Held>) {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = held;
    }

    /// The address of an interface.
    fn at(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{path}", self.base.path().trim_end_matches('/')));
        url
    }

    /// Asks by GET with these parameters.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &'static str, query: &[(&str, &str)]) -> Result<T, Fault> {
        let mut url = self.at(path);
        url.query_pairs_mut().extend_pairs(query);
        read(self.ask(path, self.client.get(url)).await?)
    }

    /// Asks by POST with this body, without a token.
    pub(super) async fn post<T: DeserializeOwned>(&self, path: &'static str, body: &Value) -> Result<T, Fault> {
        read(self.ask(path, self.client.post(self.at(path)).json(body)).await?)
    }

    /// Asks by POST with this body and this token.
    pub(super) async fn post_with(&self, path: &'static str, token: &str, body: &Value) -> Result<Answer, Fault> {
        let mut url = self.at(path);
        url.query_pairs_mut().append_pair("access_token", token);
        self.ask(path, self.client.post(url).json(body)).await
    }

    async fn ask(&self, path: &'static str, request: RequestBuilder) -> Result<Answer, Fault> {
        let answer = match request.send().await {
            Ok(response) => self.answer(response).await,
            Err(error) => Err(Fault::Away(told(error))),
        };
        if let Err(fault) = &answer {
            tracing::warn!(path, errcode = fault.errcode(), %fault, "WeChat did not do it");
        }
        answer
    }

    async fn answer(&self, mut response: Response) -> Result<Answer, Fault> {
        if !response.status().is_success() {
            return Err(Fault::Away(format!("status {}", response.status().as_u16())));
        }
        let kind = response.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| Fault::Away(told(e)))? {
            if bytes.len() + chunk.len() > LARGEST {
                return Err(Fault::Away("an answer that is too large".to_owned()));
            }
            bytes.extend_from_slice(&chunk);
        }
        if kind.starts_with("image/") {
            return Ok(Answer::Picture(kind, bytes));
        }
        let value: Value = serde_json::from_slice(&bytes).map_err(|e| Fault::Away(format!("an answer that is no JSON: {e}")))?;
        match value["errcode"].as_i64().unwrap_or_default() {
            0 => Ok(Answer::Json(value)),
            errcode => Err(Fault::Said { errcode, errmsg: self.said(value["errmsg"].as_str().unwrap_or_default()) }),
        }
    }

    /// What WeChat says of an error, as it may be kept: `rid:` is in it, by which WeChat finds the request.
    fn said(&self, errmsg: &str) -> String {
        let plain: String = errmsg.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SAID).collect();
        let plain = plain.replace(&self.setup.secret, "…");
        let plain = self.held().map_or_else(|| plain.clone(), |held| plain.replace(&held.token, "…"));
        kernel::mask::text(plain.trim())
    }
}

/// What went wrong on the way, without the address, which holds the secret or a token.
fn told(error: reqwest::Error) -> String {
    let timeout = error.is_timeout();
    let error = error.without_url();
    let mut innermost: &dyn std::error::Error = &error;
    while let Some(inner) = innermost.source() {
        innermost = inner;
    }
    if timeout { "no answer in time".to_owned() } else { innermost.to_string() }
}

pub(super) fn read<T: DeserializeOwned>(answer: Answer) -> Result<T, Fault> {
    match answer {
        Answer::Json(value) => serde_json::from_value(value).map_err(|e| Fault::Away(format!("an answer that is not understood: {e}"))),
        Answer::Picture(kind, _) => Err(Fault::Away(format!("an answer that is {kind}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setup() -> Setup {
        Setup { appid: "wx1".to_owned(), secret: "hush".to_owned(), base_url: "https://api.weixin.qq.com".to_owned(), ..Setup::default() }
    }

    #[test]
    fn what_cannot_work_is_refused_without_the_secret() {
        assert!(Wechat::new(setup()).is_ok());
        let wrong = [
            Setup { base_url: "http://api.weixin.qq.com".to_owned(), ..setup() },
            Setup { base_url: "nowhere".to_owned(), ..setup() },
            Setup { secret: String::new(), ..setup() },
            Setup { push_key: Some("x".repeat(43)), ..setup() },
            Setup { push_token: Some("t".to_owned()), push_key: Some("short".to_owned()), ..setup() },
            Setup { public_url: Some("https://linli.example.org".to_owned()), ..setup() },
        ];
        for wrong in wrong {
            let told = Wechat::new(wrong).map(|_| ()).unwrap_err().to_string();
            assert!(!told.contains("hush"), "{told}");
        }
        assert!(!format!("{:?}", setup()).contains("hush"));
    }

    #[test]
    fn every_number_of_the_handbook_has_its_answer() {
        let told = |errcode| Fault::Said { errcode, errmsg: "x".to_owned() }.problem().code;
        for (errcode, code) in [
            (-1, Code::WechatUnavailable),
            (40029, Code::WechatCodeInvalid),
            (40163, Code::WechatCodeInvalid),
            (45011, Code::WechatBusy),
            (45009, Code::WechatBusy),
            (40226, Code::WechatUserBlocked),
            (40013, Code::WechatRefused),
            (40125, Code::WechatRefused),
            (40164, Code::WechatRefused),
            (40169, Code::WechatSceneInvalid),
            (41030, Code::WechatPageUnknown),
        ] {
            assert_eq!(told(errcode), code, "{errcode}");
        }
        let refused = Fault::Said { errcode: 40164, errmsg: String::new() }.problem();
        assert_eq!(refused.params, vec![("errcode", "40164".to_owned())]);
    }

    #[test]
    fn what_wechat_says_is_kept_without_secrets() {
        let wechat = Wechat::new(setup()).unwrap();
        wechat.hold(Some(Held { token: "t0ken".to_owned(), expires_at: kernel::Time::UNIX_EPOCH }));
        assert_eq!(wechat.said("bad hush t0ken\n13812341234 rid: 66aa"), "bad … … 138****1234 rid: 66aa");
    }
}
