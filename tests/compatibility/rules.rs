//! What breaks a client, between two contracts.

use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Which way something goes: a client sends it, or is told it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Sent,
    Told,
}

/// Everything that a client of the old contract may rely on and that the new one does not keep.
pub(super) fn breaks(old: &Value, new: &Value) -> Vec<String> {
    let mut check = Check { old, new, found: BTreeSet::new(), seen: BTreeSet::new() };
    for (path, item) in fields(&old["paths"]) {
        for (method, operation) in fields(item) {
            let name = operation["operationId"].as_str().unwrap_or(path);
            match new["paths"][path].get(method) {
                Some(now) => check.operation(name, operation, now),
                None => check.say(format!("{name}: {} {path} is gone", method.to_uppercase())),
            }
        }
    }
    for (kind, hook) in fields(&old["webhooks"]) {
        match new["webhooks"].get(kind) {
            Some(now) => check.content(&format!("event {kind}"), &hook["post"]["requestBody"], &now["post"]["requestBody"], Way::Told),
            None => check.say(format!("event {kind} is gone")),
        }
    }
    check.found.into_iter().collect()
}

struct Check<'a> {
    old: &'a Value,
    new: &'a Value,
    found: BTreeSet<String>,
    /// References that are being compared, so that a schema within itself comes to an end.
    seen: BTreeSet<(String, String, bool)>,
}

impl<'a> Check<'a> {
    fn say(&mut self, what: String) {
        self.found.insert(what);
    }

    fn operation(&mut self, name: &str, old: &'a Value, new: &'a Value) {
        if old["operationId"] != new["operationId"] {
            self.say(format!("{name}: its operationId is {} now", new["operationId"]));
        }
        let permission = |o: &'a Value| o["x-permission"].as_str().unwrap_or_default();
        if permission(old) != permission(new) && permission(new) != "public" {
            self.say(format!("{name}: it needs {} instead of {}", permission(new), permission(old)));
        }
        let key = |p: &Value| (p["in"].to_string(), p["name"].to_string());
        for parameter in list(&old["parameters"]) {
            let at = format!("{name} ?{}", parameter["name"].as_str().unwrap_or_default());
            match list(&new["parameters"]).find(|p| key(p) == key(parameter)) {
                Some(now) => {
                    if now["required"] == true && parameter["required"] != true {
                        self.say(format!("{at} is required now"));
                    }
                    self.schema(&at, &parameter["schema"], &now["schema"], Way::Sent);
                }
                None => self.say(format!("{at} is gone")),
            }
        }
        for parameter in list(&new["parameters"]).filter(|p| p["required"] == true) {
            if !list(&old["parameters"]).any(|p| key(p) == key(parameter)) {
                self.say(format!("{name} ?{} is new and required", parameter["name"].as_str().unwrap_or_default()));
            }
        }
        match (old.get("requestBody"), new.get("requestBody")) {
            (Some(body), Some(now)) => self.content(name, body, now, Way::Sent),
            (Some(_), None) => self.say(format!("{name} takes no body any more")),
            (None, Some(now)) if now["required"] != false => self.say(format!("{name} needs a body now")),
            _ => {}
        }
        for (status, answer) in fields(&old["responses"]).filter(|(status, _)| status.starts_with('2')) {
            match new["responses"].get(status) {
                Some(now) => self.content(name, answer, now, Way::Told),
                None => self.say(format!("{name} does not answer {status} any more")),
            }
        }
    }

    fn content(&mut self, name: &str, old: &'a Value, new: &'a Value, way: Way) {
        for (kind, content) in fields(&old["content"]) {
            match new["content"].get(kind) {
                Some(now) => {
                    let at = format!("{name} {}", if way == Way::Sent { "body" } else { "answer" });
                    self.schema(&at, &content["schema"], &now["schema"], way);
                }
                None => self.say(format!("{name}: {kind} is gone")),
            }
        }
    }

    fn schema(&mut self, at: &str, old: &'a Value, new: &'a Value, way: Way) {
        let pair = (reference(old).to_owned(), reference(new).to_owned(), way == Way::Sent);
        // By its own name a schema is compared once, wherever it is met.
        let at = if pair.0.is_empty() {
            at.to_owned()
        } else {
            let name = pair.0.rsplit('/').next().unwrap_or_default().to_owned();
            if !self.seen.insert(pair) {
                return;
            }
            format!("{name} ({})", if way == Way::Sent { "sent" } else { "told" })
        };
        let (old, new) = (resolved(self.old, old), resolved(self.new, new));
        if old.is_null() || new.is_null() {
            return;
        }
        self.alternatives(&at, old, new, way);
        self.types(&at, old, new, way);
        self.words(&at, old, new, way);
        self.limits(&at, old, new, way);
        self.properties(&at, old, new, way);
        if old.get("items").is_some() {
            self.schema(&format!("{at}[]"), &old["items"], &new["items"], way);
        }
        let free = |schema: &Value| schema.get("additionalProperties").is_none_or(|a| *a != false);
        if way == Way::Sent && free(old) && !free(new) {
            self.say(format!("{at} refuses unknown fields now"));
        }
    }

    /// `oneOf` and its like: each old alternative has a new one in its place. With two, one of which is null, there is only one.
    fn alternatives(&mut self, at: &str, old: &'a Value, new: &'a Value, way: Way) {
        for word in ["oneOf", "anyOf", "allOf"] {
            let (was, is): (Vec<_>, Vec<_>) = (list(&old[word]).collect(), list(&new[word]).collect());
            let same = |a: &&&Value, b: &&Value| {
                reference(a) == reference(b) && a["title"] == b["title"] && a["type"] == b["type"] && tag(a) == tag(b)
            };
            for (n, alternative) in was.iter().enumerate() {
                match is.iter().find(|now| same(now, alternative)) {
                    Some(now) => self.schema(&format!("{at}/{word}/{n}"), alternative, now, way),
                    None => self.say(format!("{at}: an alternative is gone or another ({word} {n})")),
                }
            }
            if way == Way::Sent && word == "allOf" && is.len() > was.len() {
                self.say(format!("{at}: more must hold (allOf)"));
            }
        }
    }

    /// What is sent may be of more types, what is told of fewer.
    fn types(&mut self, at: &str, old: &Value, new: &Value, way: Way) {
        let (was, is) = (types(old), types(new));
        let (narrow, wide) = if way == Way::Sent { (&was, &is) } else { (&is, &was) };
        // No type is any type.
        let fits = wide.is_empty() || (!narrow.is_empty() && narrow.is_subset(wide));
        if !fits {
            self.say(format!("{at} was {was:?} and is {is:?}"));
        }
        if old["format"] != new["format"] && !(way == Way::Sent && new["format"].is_null()) {
            self.say(format!("{at} has the format {} instead of {}", new["format"], old["format"]));
        }
    }

    /// No word of an `enum` goes away; new ones may be told, because clients are told to expect them.
    fn words(&mut self, at: &str, old: &Value, new: &Value, way: Way) {
        if new.get("enum").is_none() {
            if old.get("enum").is_some() && way == Way::Told {
                self.say(format!("{at} is told in any words now"));
            }
            return;
        }
        if old.get("enum").is_none() && way == Way::Sent {
            self.say(format!("{at} takes only some words now"));
        }
        let is: Vec<_> = list(&new["enum"]).collect();
        for word in list(&old["enum"]).filter(|w| !is.contains(w)) {
            self.say(format!("{at} has no {word} any more"));
        }
    }

    /// What is sent has no narrower limits. What is told may have any: nobody can rely on what they have not been told yet.
    fn limits(&mut self, at: &str, old: &Value, new: &Value, way: Way) {
        if way == Way::Told {
            return;
        }
        for (name, upper) in [
            ("maximum", true),
            ("maxLength", true),
            ("maxItems", true),
            ("maxProperties", true),
            ("minimum", false),
            ("minLength", false),
            ("minItems", false),
            ("minProperties", false),
        ] {
            let Some(is) = new[name].as_f64() else { continue };
            let narrower = match old[name].as_f64() {
                Some(was) => (upper && is < was) || (!upper && is > was),
                None => upper || is > 0.0,
            };
            if narrower {
                self.say(format!("{at} has {name} {is} instead of {}", old[name]));
            }
        }
        if !new["pattern"].is_null() && old["pattern"] != new["pattern"] {
            self.say(format!("{at} has the pattern {} instead of {}", new["pattern"], old["pattern"]));
        }
    }

    fn properties(&mut self, at: &str, old: &'a Value, new: &'a Value, way: Way) {
        for (name, property) in fields(&old["properties"]) {
            match new["properties"].get(name) {
                Some(now) => self.schema(&format!("{at}.{name}"), property, now, way),
                None => self.say(format!("{at}.{name} is gone")),
            }
        }
        let required = |schema: &'a Value| list(&schema["required"]).filter_map(Value::as_str).collect::<BTreeSet<_>>();
        let (was, is) = (required(old), required(new));
        match way {
            Way::Sent => is.difference(&was).for_each(|name| self.say(format!("{at}.{name} must be sent now"))),
            Way::Told => was.difference(&is).for_each(|name| self.say(format!("{at}.{name} may be absent now"))),
        }
    }
}

fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap_or(&Value::Null),
        None => schema,
    }
}

fn reference(schema: &Value) -> &str {
    schema["$ref"].as_str().unwrap_or_default()
}

/// The word by which alternatives are told apart.
fn tag(schema: &Value) -> Option<String> {
    fields(&schema["properties"]).find_map(|(_, p)| p.get("const").or_else(|| p.get("enum"))).map(Value::to_string)
}

fn types(schema: &Value) -> BTreeSet<&str> {
    match &schema["type"] {
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        Value::String(one) => BTreeSet::from([one.as_str()]),
        _ => BTreeSet::new(),
    }
}

fn fields(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
