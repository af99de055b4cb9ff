//! What docs/webhooks.md tells receivers to do, done.

use std::{
    io::Write,
    process::{Command, Stdio},
};

/// The block of this language.
fn snippet(language: &str) -> String {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/webhooks.md")).unwrap();
    let (_, rest) = text.split_once(&format!("```{language}\n")).unwrap_or_else(|| panic!("docs/webhooks.md verifies in {language}"));
    rest.split_once("```").unwrap().0.to_owned()
}

/// Runs a program; nothing where there is no such interpreter.
fn run(interpreter: &[&str], program: &str) {
    let Ok(mut child) = Command::new(interpreter[0]).args(&interpreter[1..]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn() else {
        eprintln!("skipped: there is no {}", interpreter[0]);
        return;
    };
    child.stdin.take().unwrap().write_all(program.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{program}");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout).split_whitespace().collect::<Vec<_>>(),
        ["taken", "refused", "refused", "refused", "taken"]
    );
}

#[test]
fn python_verifies() {
    let program = format!(
        r#"{}
secret, at, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 1614265330, b'{{"test": 2432232314}}'
good = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
def tell(signature, body, now):
    headers = {{"webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp": str(at), "webhook-signature": signature}}
    try:
        verify(secret, headers, body, now)
        print("taken")
    except ValueError:
        print("refused")
tell(good, body, at)
tell(good, body + b" ", at)
tell(good, body, at + 301)
tell("v1,AAAA", body, at)
tell("v1,AAAA " + good, body, at - 299)
"#,
        snippet("python")
    );
    run(&["python3", "-"], &program);
}

#[test]
fn javascript_verifies() {
    let program = format!(
        r#"{}
const [secret, at, body] = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 1614265330, Buffer.from('{{"test": 2432232314}}')];
const good = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
function tell(signature, body, now) {{
  const headers = {{ "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp": String(at), "webhook-signature": signature }};
  try {{
    verify(secret, headers, body, now);
    console.log("taken");
  }} catch (error) {{
    console.log("refused");
  }}
}}
tell(good, body, at);
tell(good, Buffer.concat([body, Buffer.from(" ")]), at);
tell(good, body, at + 301);
tell("v1,AAAA", body, at);
tell("v1,AAAA " + good, body, at - 299);
"#,
        snippet("javascript")
    );
    run(&["node", "-"], &program);
}
