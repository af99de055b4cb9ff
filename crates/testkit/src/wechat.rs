//! A stand-in for WeChat on this machine: answers over real HTTP as WeChat does, keeps what it was asked, and errs when told to.
//!
//! Unless told otherwise a `code` is the openid, `phone:13812341234` is the code of that phone number, tokens are `token-1`,
//! `token-2` …, each good until the next, and a text is fine unless it says 违法 or 可疑. A template `template-bad…` is unknown, and
//! `o-refuses…` do not want to be told.

use crate::process::RUNTIME;
use connect::wechat::{Setup, push::PushKeys};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// The id of the mini-program.
pub const APPID: &str = "wx5cee3ccbb8e8e8e8";
/// Its secret.
pub const SECRET: &str = "hush-hush-0123456789abcdef";
/// The token of message push.
pub const PUSH_TOKEN: &str = "linliPushToken1";
/// The EncodingAESKey of message push.
pub const PUSH_KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

/// Something that WeChat was asked.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The path of the interface.
    pub path: String,
    /// Its parameters.
    pub query: HashMap<String, String>,
    /// The body; null when there was none.
    pub body: Value,
}

/// How an interface errs.
#[derive(Clone, Debug)]
pub enum Manner {
    /// With this `errcode`.
    Errcode(i64),
    /// With this JSON, whatever it says.
    Says(Value),
    /// With this HTTP status and no JSON.
    Status(u16),
    /// The connection is closed without an answer.
    Gone,
    /// As it should, after this long.
    Slow(Duration),
}

#[derive(Default)]
struct State {
    asked: Vec<Asked>,
    /// By path: how it errs, and how often still.
    manners: HashMap<String, (Manner, usize)>,
    tokens: u32,
    traces: u32,
}

/// A running stand-in.
#[derive(Clone)]
pub struct WechatStub {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl WechatStub {
    /// Starts one.
    ///
    /// # Panics
    /// When no port is free.
    pub async fn start() -> Self {
        RUNTIME.spawn(Self::open()).await.expect("a stand-in for WeChat")
    }

    /// The one that all worlds have that were not told otherwise.
    pub(crate) async fn shared() -> Self {
        static SHARED: LazyLock<tokio::sync::OnceCell<WechatStub>> = LazyLock::new(tokio::sync::OnceCell::new);
        SHARED.get_or_init(Self::start).await.clone()
    }

    async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let stub = Self { address: listener.local_addr().expect("an address"), state: Arc::default() };
        let serving = stub.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let serving = serving.clone();
                tokio::spawn(async move { serving.serve(stream).await });
            }
        });
        stub
    }

    /// What a server is told to be connected to it.
    #[must_use]
    pub fn setup(&self) -> Setup {
        Setup {
            appid: APPID.to_owned(),
            secret: SECRET.to_owned(),
            base_url: format!("http://{}", self.address),
            push_token: Some(PUSH_TOKEN.to_owned()),
            push_key: Some(PUSH_KEY.to_owned()),
            ..Setup::default()
        }
    }

    /// From now on an interface errs like this, so many times.
    pub fn errs(&self, path: &str, manner: Manner, times: usize) {
        self.state().manners.insert(path.to_owned(), (manner, times));
    }

    /// From now on everything goes well again.
    pub fn recovers(&self) {
        self.state().manners.clear();
    }

    /// What an interface was asked, in order.
    #[must_use]
    pub fn asked(&self, path: &str) -> Vec<Asked> {
        self.state().asked.iter().filter(|asked| asked.path == path).cloned().collect()
    }

    /// The token that is good now is good no more.
    pub fn forget_token(&self) {
        self.state().tokens += 1;
    }

    /// The query and the body by which WeChat tells something, encrypted, at this time.
    ///
    /// # Panics
    /// Never: the keys are sound.
    #[must_use]
    pub fn push(message: &Value, timestamp: i64) -> (String, Value) {
        let keys = PushKeys::read(PUSH_TOKEN, Some(PUSH_KEY), APPID).expect("keys");
        let encrypted = keys.seal(message.to_string().as_bytes()).expect("a key");
        let signature = keys.sign(&timestamp.to_string(), "n0nce", Some(&encrypted));
        let query = format!("?signature=x&timestamp={timestamp}&nonce=n0nce&openid=o-1&encrypt_type=aes&msg_signature={signature}");
        (query, json!({ "ToUserName": "gh_0", "Encrypt": encrypted }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn serve(&self, mut stream: TcpStream) -> Option<()> {
        let mut bytes = Vec::new();
        loop {
            let head = loop {
                if let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
                    break end + 4;
                }
                let mut some = [0; 4096];
                let count = stream.read(&mut some).await.ok().filter(|n| *n > 0)?;
                bytes.extend_from_slice(&some[..count]);
            };
            let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
            let length = text.lines().filter_map(|line| line.split_once(':')).find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
            let length: usize = length.and_then(|(_, n)| n.trim().parse().ok()).unwrap_or(0);
            while bytes.len() < head + length {
                let mut some = [0; 4096];
                let count = stream.read(&mut some).await.ok().filter(|n| *n > 0)?;
                bytes.extend_from_slice(&some[..count]);
            }
            let body = serde_json::from_slice(&bytes[head..head + length]).unwrap_or_default();
            bytes.drain(..head + length);
            let target = format!("http://stub{}", text.split(' ').nth(1)?);
            let url: reqwest::Url = target.parse().ok()?;
            let query = url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
            let asked = Asked { path: url.path().to_owned(), query, body };
            let manner = self.manner(&asked);
            let (status, kind, body) = match manner {
                Some(Manner::Gone) => return None,
                Some(Manner::Status(status)) => (status, "text/html", b"<html>busy</html>".to_vec()),
                Some(Manner::Errcode(errcode)) => (200, "application/json", said(errcode)),
                Some(Manner::Says(value)) => (200, "application/json", value.to_string().into_bytes()),
                Some(Manner::Slow(by)) => {
                    tokio::time::sleep(by).await;
                    self.answer(&asked)
                }
                None => self.answer(&asked),
            };
            let head = format!("HTTP/1.1 {status} Answer\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n", body.len());
            stream.write_all(&[head.into_bytes(), body].concat()).await.ok()?;
        }
    }

    /// Writes down what was asked; how it errs this time.
    fn manner(&self, asked: &Asked) -> Option<Manner> {
        let mut state = self.state();
        state.asked.push(asked.clone());
        let (manner, times) = state.manners.get_mut(&asked.path)?;
        *times = times.checked_sub(1)?;
        Some(manner.clone())
    }

    /// As WeChat answers when nothing is wrong but perhaps the question.
    fn answer(&self, asked: &Asked) -> (u16, &'static str, Vec<u8>) {
        let mut state = self.state();
        let text = |name: &str| asked.body[name].as_str().unwrap_or_default().to_owned();
        let known = |appid: &str, secret: &str| appid == APPID && secret == SECRET;
        let query = |name: &str| asked.query.get(name).map(String::as_str).unwrap_or_default();
        let good = query("access_token") == format!("token-{}", state.tokens);
        let answer = match asked.path.as_str() {
            "/sns/jscode2session" if !known(query("appid"), query("secret")) => return (200, "application/json", said(40125)),
            "/sns/jscode2session" if query("js_code").contains("bad") => return (200, "application/json", said(40029)),
            "/sns/jscode2session" => {
                let openid = query("js_code");
                json!({ "openid": openid, "session_key": "dGlzLWEtc2VjcmV0", "unionid": format!("union-{openid}") })
            }
            "/cgi-bin/stable_token" if !known(&text("appid"), &text("secret")) => return (200, "application/json", said(40125)),
            "/cgi-bin/stable_token" => {
                if state.tokens == 0 || asked.body["force_refresh"] == true {
                    state.tokens += 1;
                }
                json!({ "access_token": format!("token-{}", state.tokens), "expires_in": 7200 })
            }
            _ if !good => return (200, "application/json", said(40001)),
            "/wxa/business/getuserphonenumber" => match text("code").strip_prefix("phone:") {
                Some(phone) => json!({ "errcode": 0, "errmsg": "ok", "phone_info": {
                    "phoneNumber": phone, "purePhoneNumber": phone, "countryCode": 86, "watermark": { "timestamp": 1, "appid": APPID },
                } }),
                None => return (200, "application/json", said(40029)),
            },
            "/cgi-bin/message/subscribe/send" if text("template_id").starts_with("template-bad") => {
                return (200, "application/json", said(40037));
            }
            "/cgi-bin/message/subscribe/send" if text("touser").starts_with("o-refuses") => return (200, "application/json", said(43101)),
            "/cgi-bin/message/subscribe/send" => json!({ "errcode": 0, "errmsg": "ok" }),
            "/wxa/msg_sec_check" => {
                let content = text("content");
                let (suggest, label) = match content.as_str() {
                    c if c.contains("违法") => ("risky", 20006),
                    c if c.contains("可疑") => ("review", 20003),
                    _ => ("pass", 100),
                };
                json!({ "errcode": 0, "errmsg": "ok", "result": { "suggest": suggest, "label": label }, "trace_id": "text-1" })
            }
            "/wxa/media_check_async" => {
                state.traces += 1;
                json!({ "errcode": 0, "errmsg": "ok", "trace_id": format!("trace-{}", state.traces) })
            }
            "/wxa/getwxacodeunlimit" if text("page") == "pages/none" => return (200, "application/json", said(41030)),
            "/wxa/getwxacodeunlimit" => return (200, "image/jpeg", b"\xff\xd8\xff\xe0 a code".to_vec()),
            _ => return (404, "text/html", b"<html>none</html>".to_vec()),
        };
        (200, "application/json", answer.to_string().into_bytes())
    }
}

fn said(errcode: i64) -> Vec<u8> {
    json!({ "errcode": errcode, "errmsg": format!("an error, rid: 66aa-{errcode}") }).to_string().into_bytes()
}
