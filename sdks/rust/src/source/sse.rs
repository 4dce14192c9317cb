//! Server-sent events, parsed by hand (WHATWG HTML §9.2.6): bytes in, events out, nothing buffered beyond a limit.

/// One dispatched event.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Event {
    /// `event:`; empty means `message`.
    pub(crate) name: String,
    /// `data:` lines joined by line feeds.
    pub(crate) data: String,
}

/// What ends a stream that cannot be read on.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    #[error("an event is larger than {0} bytes")]
    TooLarge(usize),
    #[error("the stream is not UTF-8")]
    NotUtf8,
}

/// State between chunks.
pub(crate) struct Parser {
    limit: usize,
    line: Vec<u8>,
    event: Event,
    has_data: bool,
    after_cr: bool,
    at_start: bool,
}

impl Parser {
    /// `limit`: the most bytes that one event may take.
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, line: Vec::new(), event: Event::default(), has_data: false, after_cr: false, at_start: true }
    }

    /// Feeds a chunk, cut anywhere, and gives the events it completes. Lines end in LF, CR or CR LF.
    pub(crate) fn push(&mut self, mut chunk: &[u8], events: &mut Vec<Event>) -> Result<(), Malformed> {
        while !chunk.is_empty() {
            if std::mem::take(&mut self.after_cr) && chunk[0] == b'\n' {
                chunk = &chunk[1..];
                continue;
            }
            let end = chunk.iter().position(|b| matches!(b, b'\n' | b'\r'));
            let (part, rest) = chunk.split_at(end.unwrap_or(chunk.len()));
            if self.line.len() + part.len() + self.event.data.len() > self.limit {
                return Err(Malformed::TooLarge(self.limit));
            }
            self.line.extend_from_slice(part);
            let Some(newline) = rest.first() else { return Ok(()) };
            self.after_cr = *newline == b'\r';
            chunk = &rest[1..];
            let line = std::mem::take(&mut self.line);
            let line = std::str::from_utf8(&line).map_err(|_| Malformed::NotUtf8)?;
            let line = if std::mem::take(&mut self.at_start) { line.trim_start_matches('\u{feff}') } else { line };
            self.line(line, events);
        }
        Ok(())
    }

    fn line(&mut self, line: &str, events: &mut Vec<Event>) {
        if line.is_empty() {
            let event = std::mem::take(&mut self.event);
            if std::mem::take(&mut self.has_data) {
                events.push(event);
            }
            return;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.event.name),
            "data" => {
                if std::mem::replace(&mut self.has_data, true) {
                    self.event.data.push('\n');
                }
                self.event.data.push_str(value);
            }
            // Comments (an empty field name), `retry` and fields of the future. `id` is ignored too: what to resume from is
            // the version of the ruleset held, which is right even when a frame was refused.
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(name: &str, data: &str) -> Event {
        Event { name: name.to_owned(), data: data.to_owned() }
    }

    #[test]
    fn events_are_the_same_however_the_bytes_are_cut() {
        let text = "\u{feff}: hello\n\nevent: put\ndata: {\"a\":\ndata:1}\nid: x\n\nretry: 5\r\nevent: ping\r\ndata\r\n\r\n\
                    data: ü\rfoo: bar\r\revent: lost\n\ndata: unfinished";
        let expected = vec![event("put", "{\"a\":\n1}"), event("ping", ""), event("", "ü")];
        for size in 1..text.len() {
            let mut parser = Parser::new(1_000);
            let mut events = Vec::new();
            for chunk in text.as_bytes().chunks(size) {
                parser.push(chunk, &mut events).unwrap();
            }
            assert_eq!(events, expected, "in chunks of {size}");
        }
    }

    #[test]
    fn what_does_not_fit_ends_the_stream() {
        let one_line = format!("data: {}", "x".repeat(100));
        let many_lines = "data: 12345678\n".repeat(20);
        for text in [one_line, many_lines] {
            assert_eq!(Parser::new(64).push(text.as_bytes(), &mut Vec::new()), Err(Malformed::TooLarge(64)));
        }
    }

    #[test]
    fn bytes_that_are_not_text_end_the_stream() {
        assert_eq!(Parser::new(64).push(b"data: \xff\n", &mut Vec::new()), Err(Malformed::NotUtf8));
    }
}
