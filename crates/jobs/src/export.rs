//! Exports (导出): every list of the API as a table, by the list's own function and so with its own rights and masks.

use crate::{
    row::{SheetFormat, job::Model},
    run::{Counts, Run, Stopped},
    sheet::Writer,
};
use files::PART;
use futures_util::future::BoxFuture;
use kernel::{Code, Cx, Error, Page, Result};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// A page that is being read.
pub type Reading<'a> = BoxFuture<'a, Result<Page<Value>>>;

/// A list that can be exported: the word of its operation, and how a page of it is read.
pub struct List {
    /// The word of its operation: `list_residents`.
    pub name: &'static str,
    /// A page of it, by its parameters with `limit` and `cursor` among them. Only reads when it is awaited.
    pub page: for<'a> fn(&'a Cx, Value) -> Result<Reading<'a>>,
}

/// All of them, and what their columns are called.
#[derive(Clone, Copy)]
pub struct Lists {
    /// The lists.
    pub all: &'static [List],
    /// The columns of a list, in the order of its fields.
    pub columns: fn(&str) -> Vec<Column>,
}

/// A column of an export.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Column {
    /// Where it stands in an item: names from the outside in.
    pub path: Vec<String>,
    /// Its header in Chinese.
    pub title: String,
}

/// What stands above the columns of an export (表头).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExportHeader {
    /// 中文表头
    #[default]
    Titles,
    /// 字段名, as the API says them.
    Keys,
}

/// What an export was asked for, as it is kept.
#[derive(Serialize, Deserialize)]
pub(crate) struct Asked {
    pub(crate) query: Map<String, Value>,
    #[serde(default)]
    pub(crate) header: ExportHeader,
}

/// Reads the parameters of a list, as a page needs them.
///
/// # Errors
/// `content_invalid` with `field_unknown` or `field_invalid` at what is wrong.
pub fn parameters<Q: DeserializeOwned>(query: Value) -> Result<Q> {
    serde_json::from_value(query).map_err(|e| {
        let reason = e.to_string();
        match reason.strip_prefix("unknown field `").and_then(|rest| rest.split_once('`')) {
            Some((name, _)) => Error::field_with(format!("#/query/{name}"), Code::FieldUnknown, vec![("name", name.to_owned())]),
            None => Error::field_with("#/query", Code::FieldInvalid, vec![("reason", reason)]),
        }
    })
}

/// A page as JSON.
///
/// # Errors
/// `internal_error` never, in practice.
pub fn as_values<T: Serialize>(page: Page<T>) -> Result<Page<Value>> {
    let items = page.items.into_iter().map(serde_json::to_value).collect::<Result<_, _>>().map_err(Error::internal)?;
    Ok(Page { items, next_cursor: page.next_cursor, has_more: page.has_more })
}

impl Lists {
    pub(crate) fn find(self, name: &str) -> Option<&'static List> {
        self.all.iter().find(|list| list.name == name)
    }
}

impl List {
    /// Begins a page; the future is not awaited, so this only tells whether the parameters can be read.
    pub(crate) fn begin<'a>(&self, cx: &'a Cx, query: &Map<String, Value>, cursor: Option<&str>) -> Result<Reading<'a>> {
        let mut query = query.clone();
        query.insert("limit".to_owned(), kernel::page::MAX_LIMIT.into());
        if let Some(cursor) = cursor {
            query.insert("cursor".to_owned(), cursor.into());
        }
        (self.page)(cx, Value::Object(query))
    }
}

/// Carries an export out. `cx` is the request of whoever asked for it.
pub(crate) async fn run(run: &Run<'_>, cx: &Cx, job: &Model, lists: Lists) -> std::result::Result<Counts, Stopped> {
    let name = job.list.as_deref().unwrap_or_default();
    let list = lists.find(name).ok_or_else(|| Error::new(Code::ListUnknown).with("list", name))?;
    let sealed = job.query.as_deref().ok_or_else(|| Error::internal("an export has a query"))?;
    let json = run.cx.vault().open(&crate::owner(job.id), sealed)?;
    let asked: Asked = serde_json::from_str(&json).map_err(Error::internal)?;
    let limit = match job.format {
        SheetFormat::Csv => run.limits.text_export,
        SheetFormat::Xlsx => run.limits.workbook_export,
    };
    let columns = (lists.columns)(name);
    let header: Vec<String> = columns
        .iter()
        .map(|c| match asked.header {
            ExportHeader::Titles => c.title.clone(),
            ExportHeader::Keys => c.path.join("."),
        })
        .collect();
    let mut file = Parts { run, job, kept: Vec::new(), counts: Counts { parts: 0, bytes: 0, read: 0, ..Counts::of(job) } };
    let table = Writer::new(job.format, &header)?;
    let written = file.write(cx, list, &asked.query, &columns, table, limit).await;
    if written.is_err() && !matches!(written, Err(Stopped::Lost)) {
        run.files.remove_parts(job.id.0, file.counts.parts).await?;
    }
    written?;
    Ok(Counts { total: usize::try_from(file.counts.read).ok(), ..file.counts })
}

/// The parts of a file that is being written.
struct Parts<'a> {
    run: &'a Run<'a>,
    job: &'a Model,
    kept: Vec<u8>,
    counts: Counts,
}

impl Parts<'_> {
    async fn write(
        &mut self,
        cx: &Cx,
        list: &List,
        query: &Map<String, Value>,
        columns: &[Column],
        mut table: Writer,
        limit: u64,
    ) -> std::result::Result<(), Stopped> {
        let mut cursor: Option<String> = None;
        for page_number in 0u64.. {
            let page = list.begin(cx, query, cursor.as_deref())?.await?;
            self.counts.read += page.items.len() as u64;
            if self.counts.read > limit {
                return Err(Error::new(Code::SheetTooLarge).with("what", "rows").with("limit", limit).into());
            }
            for item in &page.items {
                let cells: Vec<String> = columns.iter().map(|column| cell(item, &column.path)).collect();
                table.row(&cells)?;
            }
            self.take(table.drain()?).await?;
            if page_number % 20 == 19 {
                self.run.progress(self.job, &self.counts, Vec::new()).await?;
            }
            match page.next_cursor {
                Some(next) if page.has_more => cursor = Some(next),
                _ => break,
            }
        }
        self.take(table.finish()?).await?;
        Ok(self.end().await?)
    }

    async fn take(&mut self, bytes: Vec<u8>) -> Result<()> {
        self.counts.bytes += bytes.len() as u64;
        if self.kept.is_empty() {
            self.kept = bytes;
        } else {
            self.kept.extend(bytes);
        }
        while self.kept.len() >= PART {
            let rest = self.kept.split_off(PART);
            self.put().await?;
            self.kept = rest;
        }
        Ok(())
    }

    async fn put(&mut self) -> Result<()> {
        self.run.files.put_part(&self.run.cx, self.job.id.0, self.counts.parts, &self.kept).await?;
        self.counts.parts += 1;
        Ok(())
    }

    async fn end(&mut self) -> Result<()> {
        if self.kept.is_empty() { Ok(()) } else { self.put().await }
    }
}

/// What an item says in a column.
fn cell(item: &Value, path: &[String]) -> String {
    let mut at = item;
    for name in path {
        match at.get(name) {
            Some(inner) => at = inner,
            None => return String::new(),
        }
    }
    said(at)
}

fn said(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(yes) => if *yes { "是" } else { "否" }.to_owned(),
        Value::Number(n) => n.to_string(),
        Value::Array(items) if items.iter().all(|i| !i.is_object() && !i.is_array()) => {
            items.iter().map(said).collect::<Vec<_>>().join("、")
        }
        nested => nested.to_string(),
    }
}
