//! For whoever writes a receiver of webhooks: is this message signed as it should be, what does arrive, and send me one.
//!
//! None of it needs a database.

use crate::terminal::{Fault, Outcome, say};
use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    dev::Server,
    http::StatusCode,
    web::{Bytes, Data, PayloadConfig, to},
};
use clap::{Args, Subcommand};
use connect::{
    catalogue,
    webhook::{
        Format, Secret, payload,
        signature::{self, Refusal},
    },
};
use kernel::{
    EventType, RegionCode,
    clock::{Clock, SystemClock},
    event::{LoggedEvent, Pattern},
};
use serde_json::Value;
use std::{
    collections::HashSet,
    io::Read,
    net::TcpListener,
    path::PathBuf,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// The variable that may hold the secret, so that it stands in no list of processes.
pub(crate) const SECRET_VARIABLE: &str = "LINLI_WEBHOOK_SECRET";

/// Webhooks (推送), for whoever writes a receiver
#[derive(Debug, Subcommand)]
pub(crate) enum Webhooks {
    /// Say whether a message is signed as it should be, and if not, what is wrong
    Verify(Verify),
    /// Listen on this machine and show what arrives, verified
    Listen(Listen),
    /// Send a sample of a type of event to an address, or have a server send a test event
    Trigger(Trigger),
}

/// The headers and the body of a message.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// `whsec_…`; better in the environment, where others do not read it
    #[arg(long, env = SECRET_VARIABLE, hide_env_values = true)]
    secret: String,
    /// The header webhook-id
    #[arg(long)]
    id: Option<String>,
    /// The header webhook-timestamp
    #[arg(long)]
    timestamp: Option<String>,
    /// The header webhook-signature
    #[arg(long)]
    signature: Option<String>,
    /// What time it is, in seconds since 1970: for a message of the past [default: now]
    #[arg(long, value_name = "SECONDS")]
    at: Option<i64>,
    /// The body, byte for byte; stdin when absent
    body: Option<PathBuf>,
}

/// A small receiver.
#[derive(Debug, Args)]
pub(crate) struct Listen {
    /// `whsec_…`; while a secret is replaced, both, separated by commas
    #[arg(long, env = SECRET_VARIABLE, hide_env_values = true, value_delimiter = ',')]
    secret: Vec<String>,
    /// Address and port of this machine
    #[arg(long = "on", default_value = "127.0.0.1:9120", value_name = "ADDRESS")]
    address: String,
    /// What it answers to a message that is signed as it should be
    #[arg(long, default_value = "204", value_name = "STATUS")]
    answer: u16,
}

/// A message that somebody wants to see.
#[derive(Debug, Args)]
pub(crate) struct Trigger {
    /// The type of event, as `GET /api/v1/event_types` lists them
    #[arg(value_name = "TYPE", required_unless_present = "endpoint", conflicts_with = "endpoint")]
    kind: Option<String>,
    /// Where to send a sample
    #[arg(long, required_unless_present = "endpoint", conflicts_with = "endpoint")]
    url: Option<String>,
    /// `whsec_…` that the sample is signed with
    #[arg(long, env = SECRET_VARIABLE, hide_env_values = true)]
    secret: Option<String>,
    /// Write the sample as a CloudEvent
    #[arg(long)]
    cloudevents: bool,
    /// Instead: the id of an endpoint that a server is to send a test event to
    #[arg(long, requires = "token")]
    endpoint: Option<String>,
    /// The server
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    server: String,
    /// A token of somebody who may (`webhook.manage`)
    #[arg(long, env = "LINLI_TOKEN", hide_env_values = true)]
    token: Option<String>,
}

/// Carries one of them out.
pub(crate) fn run(command: Webhooks) -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        match command {
            Webhooks::Verify(verify) => say(&verified(verify)?),
            Webhooks::Listen(listen) => {
                let listener =
                    TcpListener::bind(&listen.address).map_err(|e| Fault(format!("cannot listen on {}: {e}", listen.address)))?;
                let (address, known) = (listener.local_addr()?, !listen.secret.is_empty());
                say(&format!("Listening on http://{address}/ until Ctrl-C\n"))?;
                if !known {
                    say(&format!("Without a secret ({SECRET_VARIABLE}) nothing is verified\n"))?;
                }
                Ok(receiver(listener, &listen.secret, listen.answer)?.await?)
            }
            Webhooks::Trigger(trigger) => say(&triggered(trigger).await?),
        }
    })
}

fn secrets(texts: &[String]) -> Outcome<Vec<Secret>> {
    texts.iter().map(|text| Secret::parse(text).map_err(|refusal| Fault(refusal.to_string()))).collect()
}

/// What there is to say of a message that is fine.
fn verified(verify: Verify) -> Outcome<String> {
    let body = match &verify.body {
        Some(file) => std::fs::read(file).map_err(|e| Fault(format!("{}: {e}", file.display())))?,
        None => {
            let mut body = Vec::new();
            std::io::stdin().read_to_end(&mut body)?;
            body
        }
    };
    let secrets = secrets(std::slice::from_ref(&verify.secret))?;
    let now = verify.at.unwrap_or_else(|| SystemClock.now().timestamp());
    let headers = (verify.id.as_deref(), verify.timestamp.as_deref(), verify.signature.as_deref());
    let told = |body: &[u8]| signature::verify(&secrets, headers, body, now);
    match told(&body) {
        Ok(()) => Ok("The signature fits, and the message is not old.\n".to_owned()),
        // The commonest slip: an editor or `echo` has added a line's end.
        Err(Refusal::Wrong) if told(body.trim_ascii_end()).is_ok() => Err(Fault(
            "the signature fits without the end of line at the end of the body: what is verified must be exactly what arrived".to_owned(),
        )),
        Err(refusal) => Err(Fault(refusal.to_string())),
    }
}

/// What the small receiver knows.
struct Desk {
    secrets: Vec<Secret>,
    answer: StatusCode,
    seen: Mutex<HashSet<String>>,
}

/// A receiver that says what arrives.
fn receiver(listener: TcpListener, texts: &[String], answer: u16) -> Outcome<Server> {
    let answer = StatusCode::from_u16(answer).map_err(|e| Fault(format!("the answer {answer}: {e}")))?;
    let desk = Data::new(Desk { secrets: secrets(texts)?, answer, seen: Mutex::default() });
    let app = move || App::new().app_data(desk.clone()).app_data(PayloadConfig::new(1 << 20)).default_service(to(receive));
    Ok(HttpServer::new(app).workers(1).listen(listener)?.run())
}

async fn receive(desk: Data<Desk>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let headers = (header("webhook-id"), header("webhook-timestamp"), header("webhook-signature"));
    let told = match desk.secrets.is_empty() {
        true => Ok(()),
        false => signature::verify(&desk.secrets, headers, &body, SystemClock.now().timestamp()),
    };
    let id = headers.0.unwrap_or("(no webhook-id)");
    let (status, line) = match told {
        Err(refusal) => (StatusCode::UNAUTHORIZED, format!("REFUSED {id}: {refusal}\n")),
        Ok(()) => {
            let new = desk.seen.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned());
            let note = if new { "" } else { " (again: ignore it)" };
            let json: Option<Value> = serde_json::from_slice(&body).ok();
            let shown = json.and_then(|json| serde_json::to_string_pretty(&json).ok());
            (desk.answer, format!("{id}{note}\n{}\n", shown.unwrap_or_else(|| String::from_utf8_lossy(&body).into_owned())))
        }
    };
    // A terminal that has gone away is no reason not to answer.
    let _ = say(&line);
    HttpResponse::build(status).body(if status == StatusCode::UNAUTHORIZED { line } else { String::new() })
}

async fn triggered(trigger: Trigger) -> Outcome<String> {
    let client = reqwest::Client::builder().timeout(Duration::from_secs(15)).redirect(reqwest::redirect::Policy::none()).build();
    let client = client.map_err(|e| Fault(e.to_string()))?;
    let failed = |e: reqwest::Error| {
        let mut cause: &dyn std::error::Error = &e;
        while let Some(inner) = cause.source() {
            cause = inner;
        }
        Fault(format!("no answer: {cause}"))
    };
    let response = match (&trigger.endpoint, &trigger.kind, &trigger.url) {
        (Some(endpoint), ..) => {
            let url = format!("{}/api/v1/webhook_endpoints/{endpoint}/test", trigger.server.trim_end_matches('/'));
            client.post(url).bearer_auth(trigger.token.unwrap_or_default()).send().await.map_err(failed)?
        }
        (None, Some(kind), Some(url)) => {
            let kind = EventType::named(kind).ok_or_else(|| Fault(format!("there is no type of event {kind}{}", alike(kind))))?;
            let secret = trigger.secret.ok_or_else(|| Fault(format!("a sample is signed: give --secret or {SECRET_VARIABLE}")))?;
            let event = sample(kind);
            let (media_type, body) =
                payload::message(&event, if trigger.cloudevents { Format::Cloudevents } else { Format::StandardWebhooks });
            let (id, at) = (payload::message_id(&event), event.at.timestamp());
            let signature = secrets(&[secret])?[0].sign(&id, at, body.as_bytes());
            let request = client.post(url).header("content-type", media_type).header("webhook-id", id).header("webhook-timestamp", at);
            request.header("webhook-signature", signature).body(body).send().await.map_err(failed)?
        }
        _ => return Err(Fault("give a type of event and --url, or --endpoint".to_owned())),
    };
    let status = response.status();
    let text = response.text().await.unwrap_or_default();
    match (status.is_success(), trigger.endpoint.is_some()) {
        (true, true) => Ok("The server sends a test event; `listen`, or the endpoint's deliveries, tell what comes of it.\n".to_owned()),
        (true, false) => Ok(format!("The receiver took it: {status}\n")),
        (false, _) => Err(Fault(format!("{status}: {text}"))),
    }
}

/// Types that are about the same.
fn alike(word: &str) -> String {
    let noun = word.split('.').next().unwrap_or_default();
    let pattern = format!("{noun}.*").parse::<Pattern>().ok();
    let alike: Vec<&str> = EventType::ALL.iter().map(|t| t.as_str()).filter(|t| pattern.as_ref().is_some_and(|p| p.means(t))).collect();
    if alike.is_empty() { String::new() } else { format!("; there are {}", alike.join(", ")) }
}

/// An event of this type as it might be, now.
fn sample(kind: EventType) -> LoggedEvent {
    let now = SystemClock.now();
    LoggedEvent {
        id: now.timestamp(),
        kind: kind.as_str().to_owned(),
        subject_id: uuid::Uuid::from_u128(0x019a_a1c2_7d40_7c3e_9f5b_2a6e_4d1c_8b70),
        subject_version: 1,
        region_code: "321182001017".parse().unwrap_or(RegionCode::COUNTRY),
        actor_id: None,
        application_id: None,
        at: now,
        data: catalogue::sample(kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    fn verify(body: &str, at: i64) -> Outcome<String> {
        static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let n = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let file = std::env::temp_dir().join(format!("linli-verify-{}-{n}", std::process::id()));
        std::fs::write(&file, body)?;
        let told = verified(Verify {
            secret: SECRET.to_owned(),
            id: Some("msg_p5jXN8AQM9LWM0D4loKWxJek".to_owned()),
            timestamp: Some("1614265330".to_owned()),
            signature: Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=".to_owned()),
            at: Some(at),
            body: Some(file.clone()),
        });
        std::fs::remove_file(file)?;
        told
    }

    #[test]
    fn it_says_what_is_wrong_with_a_message() {
        let body = r#"{"test": 2432232314}"#;
        assert!(verify(body, 1_614_265_330).unwrap().contains("fits"));
        assert!(verify(&format!("{body}\n"), 1_614_265_330).unwrap_err().0.contains("end of line"));
        assert!(verify(r#"{"test":2432232314}"#, 1_614_265_330).unwrap_err().0.contains("no signature fits"));
        assert!(verify(body, 1_614_269_999).unwrap_err().0.contains("too old"));
    }

    fn trigger(kind: &str, url: &str, secret: &str) -> Trigger {
        Trigger {
            kind: Some(kind.to_owned()),
            url: Some(url.to_owned()),
            secret: Some(secret.to_owned()),
            cloudevents: false,
            endpoint: None,
            server: String::new(),
            token: None,
        }
    }

    #[test]
    fn a_sample_of_every_type_is_sent_signed_and_taken() {
        kernel::tls::install();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let url = format!("http://{}/", listener.local_addr().unwrap());
            let server = receiver(listener, &[SECRET.to_owned()], 204).unwrap();
            let handle = server.handle();
            let serving = tokio::spawn(server);
            for kind in EventType::ALL {
                let told = triggered(trigger(kind.as_str(), &url, SECRET)).await.unwrap_or_else(|e| panic!("{kind}: {e}"));
                assert!(told.contains("204"), "{kind}: {told}");
            }
            let cloud = Trigger { cloudevents: true, ..trigger("order.placed", &url, SECRET) };
            assert!(triggered(cloud).await.unwrap().contains("204"));
            let wrong = triggered(trigger("order.placed", &url, "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")).await.unwrap_err();
            assert!(wrong.0.contains("401") && wrong.0.contains("no signature fits"), "{wrong}");
            let unknown = triggered(trigger("order.lost", &url, SECRET)).await.unwrap_err();
            assert!(unknown.0.contains("there are order.placed"), "{unknown}");
            handle.stop(false).await;
            serving.await.unwrap().unwrap();
        });
    }
}
