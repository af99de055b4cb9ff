//! What the command line says: results on stdout, one clear line on stderr when something fails.

use kernel::error::Kind;
use std::{
    error::Error,
    fmt,
    io::{self, Write},
};

/// Why a command failed, in one line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Fault(pub(crate) String);

/// The result of a command.
pub(crate) type Outcome<T = ()> = Result<T, Fault>;

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A message of a library may have several lines; ours has one.
        f.write_str(&self.0.split_whitespace().collect::<Vec<_>>().join(" "))
    }
}

impl From<kernel::Error> for Fault {
    /// A refusal keeps its sentence. What broke is told with its causes: whoever reads this runs the
    /// machine and is not a client, from whom they are kept.
    fn from(error: kernel::Error) -> Self {
        let mut causes: Vec<String> = Vec::new();
        let mut cause = error.source();
        while let Some(next) = cause {
            let text = next.to_string();
            // Many errors repeat their cause in their own sentence.
            if !causes.iter().any(|told| told.contains(&text)) {
                causes.push(text);
            }
            cause = next.source();
        }
        let sentence = error.sentence(kernel::error::Language::English);
        Self(match error.code.kind() {
            Kind::Internal if !causes.is_empty() => causes.join(": "),
            Kind::Unavailable if error.code == kernel::Code::KeyMissing && !causes.is_empty() => causes.join(": "),
            Kind::Unavailable if !causes.is_empty() => format!("the database cannot be reached: {}", causes.join(": ")),
            _ => {
                let fields = error.fields.iter().map(|f| format!(" {}: {}", f.pointer, f.sentence(kernel::error::Language::English)));
                sentence + &fields.collect::<String>()
            }
        })
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self(error.to_string())
    }
}

/// Prints a text to stdout. A reader that has gone away (`| head`) is no failure.
pub(crate) fn say(text: &str) -> Outcome {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
