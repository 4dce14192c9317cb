//! Evaluation: a walk over a compiled flag. Pure, no allocation, no lock, no clock.
//!
//! The walk is generic over an [`Observer`]; the silent one compiles to nothing, so explanations come from the very code
//! that answers.

use crate::Answer;
use crate::attribute_test::{any, test_any};
use crate::buckets::CompiledBucket;
use crate::compiled::{
    AnswerTest, BucketTest, CompiledCondition, CompiledFlag, CompiledOutcome, CompiledSegment, CompiledServe,
    CompiledSplit, CompiledTest, FlagBody, FlagTest, ListTest, Part, Reasons, SomeTest,
};
use crate::compute::{Logic, name_of, truthy};
use crate::context::{Attribute, Context};
use crate::explain;
use crate::limits::MAX_REFERENCES_FOLLOWED;
use crate::path::Subject;
use crate::references::Entangled;
use crate::ruleset::{ErrorCode, Reason, Truth};
use crate::tables::Table;
use crate::texts::TextTable;

/// What evaluation reads.
#[derive(Clone, Copy)]
pub(crate) struct Tables<'s> {
    pub(crate) flags: &'s Table<CompiledFlag>,
    pub(crate) segments: &'s Table<CompiledSegment>,
    pub(crate) lists: &'s Table<TextTable>,
    pub(crate) entangled: &'s Entangled,
}

/// Hears what evaluation does. `close` ends what the latest `open` began.
pub(crate) trait Observer {
    fn open(&mut self) {}
    fn close(&mut self, _text: impl FnOnce() -> String, _result: Option<Truth>, _rule: Option<&str>) {}
}

/// Hears nothing and costs nothing.
pub(crate) struct Silent;

impl Observer for Silent {}

/// One evaluation.
pub(crate) struct Evaluation<'s, 'c, O> {
    tables: Tables<'s>,
    subject: Subject<'c>,
    references_left: u32,
    /// Set when the flag at hand ran into something that cannot be evaluated.
    failure: Option<ErrorCode>,
    pub(crate) observer: O,
}

impl<'s: 'c, 'c, O: Observer> Evaluation<'s, 'c, O> {
    #[inline]
    pub(crate) fn new(tables: Tables<'s>, context: &'c Context<'c>, now_ms: i64, observer: O) -> Self {
        let subject = Subject::new(context, now_ms);
        Self { tables, subject, references_left: MAX_REFERENCES_FOLLOWED, failure: None, observer }
    }

    /// The answer of the flag at a position.
    #[inline]
    pub(crate) fn flag(&mut self, at: u32) -> Answer<'s> {
        match self.tables.flags.get(at) {
            Some(flag) => self.answer(at, flag),
            None => Answer::error(ErrorCode::FlagNotFound),
        }
    }

    /// The answer of a flag and its position.
    #[inline]
    pub(crate) fn answer(&mut self, at: u32, flag: &'s CompiledFlag) -> Answer<'s> {
        let body = match (&flag.body, self.tables.entangled.flag(at)) {
            (Ok(body), None) => body,
            (Err(why), _) => return self.unusable(why),
            (Ok(FlagBody { cycle: Some(cycle), .. }), Some(why)) if why.is_cycle => {
                return self.cycle(body_of(flag), cycle);
            }
            (_, Some(why)) => return self.unusable(&why.text),
        };
        if !body.on {
            self.remark(|| "the flag is off".to_owned());
            return self.last(body, &body.off);
        }
        let mut unknown = false;
        for rule in &body.rules {
            self.observer.open();
            let truth = match &rule.condition {
                // Most rules: no call for what is one test.
                CompiledCondition::Test(test) => self.test(test),
                condition => self.condition(&body.buckets, condition),
            };
            if let Some(code) = self.failure {
                self.observer.close(|| format!("rule {}", rule.id), Some(truth), Some(&rule.id));
                return Answer::error(code);
            }
            if truth != Truth::True {
                self.observer.close(|| explain::rule(&rule.id, truth, false), Some(truth), Some(&rule.id));
                unknown |= truth == Truth::Unknown;
                continue;
            }
            if let Some((at, reason)) = self.at_once(body, &rule.outcome) {
                self.observer.close(|| explain::rule(&rule.id, truth, true), Some(truth), Some(&rule.id));
                return variant(body, at, reason, Some(&rule.id));
            }
            let answer = self.serve(body, &rule.outcome.serve, rule.outcome.reasons, Some(&rule.id));
            self.observer.close(|| explain::rule(&rule.id, truth, answer.is_some()), Some(truth), Some(&rule.id));
            if let Some(answer) = answer {
                return answer;
            }
        }
        if unknown && body.unknown_is_error {
            self.remark(|| "no rule decides, and it is unknown whether one should".to_owned());
            return Answer::error(ErrorCode::General);
        }
        self.remark(|| "no rule decides: the default rule does".to_owned());
        self.last(body, &body.default)
    }

    /// The answer of `off` or `default`.
    #[inline]
    fn last(&mut self, body: &'s FlagBody, outcome: &'s CompiledOutcome) -> Answer<'s> {
        if let Some((at, reason)) = self.at_once(body, outcome) {
            return variant(body, at, reason, None);
        }
        let answer = self.serve(body, &outcome.serve, outcome.reasons, None);
        answer.unwrap_or(Answer::caller_default(outcome.usual))
    }

    /// The variant that most outcomes serve, and the reason: no call, and no answer that is copied on its way.
    #[inline]
    fn at_once(&mut self, body: &'s FlagBody, outcome: &'s CompiledOutcome) -> Option<(u32, Reason)> {
        match &outcome.serve {
            CompiledServe::Variant(at) => Some((*at, outcome.reasons.direct)),
            CompiledServe::Split(split) => self.split_at_once(body, split).map(|at| (at, outcome.reasons.by_bucket)),
            _ => None,
        }
    }

    /// What [`Evaluation::split`] comes to when a text is the unit and a variant is served. `None`: not one of these.
    #[inline]
    fn split_at_once(&mut self, body: &'s FlagBody, split: &'s CompiledSplit) -> Option<u32> {
        if !split.ramps.is_empty() {
            return None;
        }
        let bucket = body.buckets.get(split.bucket as usize)?;
        let number = bucket.number_at_hand(&self.subject)?;
        let part = split.ends.iter().position(|(end, _)| number < *end);
        let at = match (part.and_then(|part| split.ends.get(part)), &split.rest) {
            (Some((_, Part::Variant(at))), _) | (Some((_, Part::Rest)) | None, CompiledServe::Variant(at)) => *at,
            _ => return None,
        };
        self.remark(|| explain::split(bucket, body, split, number, part));
        Some(at)
    }

    #[cold]
    fn unusable(&mut self, why: &str) -> Answer<'s> {
        self.remark(|| format!("the flag cannot be evaluated: {why}"));
        Answer::error(ErrorCode::ParseError)
    }

    /// `None`: go on with the next rule.
    #[inline(never)]
    fn serve(
        &mut self,
        body: &'s FlagBody,
        serve: &'s CompiledServe,
        reasons: Reasons,
        rule: Option<&'s str>,
    ) -> Option<Answer<'s>> {
        let reason = reasons.direct;
        match serve {
            CompiledServe::Variant(at) => Some(variant(body, *at, reason, rule)),
            CompiledServe::Split(split) => self.split(body, split, reasons, rule),
            CompiledServe::Next => None,
            CompiledServe::Flag(at) => Some(self.delegate(body, *at, reason, rule)),
            CompiledServe::CallerDefault => Some(Answer { rule, ..Answer::caller_default(reason) }),
            CompiledServe::Error(code) => Some(Answer { rule, ..Answer::error(*code) }),
            CompiledServe::Compute(logic) => self.compute(body, logic, reason, rule),
        }
    }

    fn split(
        &mut self,
        body: &'s FlagBody,
        split: &'s CompiledSplit,
        reasons: Reasons,
        rule: Option<&'s str>,
    ) -> Option<Answer<'s>> {
        let bucket = body.buckets.get(split.bucket as usize)?;
        let Some(number) = bucket.number(&self.subject) else {
            self.remark(|| format!("{} is missing: there is no bucket", bucket.unit));
            return self.serve(body, &split.missing, reasons, rule);
        };
        for ramp in &split.ramps {
            if ramp.contains(number, self.subject.now_ms) {
                self.remark(|| explain::ramp(bucket, body, ramp, number));
                return Some(variant(body, ramp.variant, reasons.by_bucket, rule));
            }
        }
        let part = split.ends.iter().position(|(end, _)| number < *end);
        self.remark(|| explain::split(bucket, body, split, number, part));
        let other = match part.and_then(|part| split.ends.get(part)) {
            Some((_, Part::Variant(at))) => return Some(variant(body, *at, reasons.by_bucket, rule)),
            Some((_, Part::Serve(at))) => split.serves.get(*at as usize),
            Some((_, Part::Rest)) | None => None,
        };
        let reasons = Reasons { direct: reasons.by_bucket, ..reasons };
        self.serve(body, other.unwrap_or(&split.rest), reasons, rule)
    }

    /// Out of line: it may allocate and is rare.
    #[inline(never)]
    fn compute(
        &mut self,
        body: &'s FlagBody,
        logic: &'s Logic,
        reason: Reason,
        rule: Option<&'s str>,
    ) -> Option<Answer<'s>> {
        let result = logic.run(self.subject);
        self.remark(|| explain::computed(result.as_ref()));
        let general = Answer { rule, ..Answer::error(ErrorCode::General) };
        let Some(result) = result else { return Some(general) };
        if result.is_null() {
            return None;
        }
        let at = name_of(&result)
            .and_then(|name| body.variants.binary_search_by(|variant| (*variant.key).cmp(name.as_str())).ok())
            .and_then(|at| u32::try_from(at).ok());
        Some(at.map_or(general, |at| variant(body, at, reason, rule)))
    }

    #[cold]
    fn cycle(&mut self, body: Option<&'s FlagBody>, outcome: &'s CompiledOutcome) -> Answer<'s> {
        self.remark(|| "the flag refers to itself".to_owned());
        let answer = body.and_then(|body| self.serve(body, &outcome.serve, outcome.reasons, None));
        answer.unwrap_or(Answer::error(ErrorCode::ParseError))
    }

    fn delegate(&mut self, body: &FlagBody, at: u32, reason: Reason, rule: Option<&'s str>) -> Answer<'s> {
        self.observer.open();
        let answer = self.other_flag(at);
        let tables = self.tables;
        self.observer.close(|| format!("the answer of flag {}", tables.flags.names.name(at)), None, None);
        let same_type = match tables.flags.get(at).map(|flag| &flag.body) {
            Some(Ok(other)) => other.value_type == body.value_type,
            _ => true,
        };
        match answer.error {
            Some(code) => Answer { rule, ..Answer::error(code) },
            None if !same_type => Answer { rule, ..Answer::error(ErrorCode::TypeMismatch) },
            None => Answer { reason, rule, variant_index: None, ..answer },
        }
    }

    /// Another flag on the way: what goes wrong there does not fail the flag at hand.
    fn other_flag(&mut self, at: u32) -> Answer<'s> {
        if !self.may_follow() {
            return Answer::error(ErrorCode::General);
        }
        let failure = self.failure.take();
        let answer = self.flag(at);
        // Only the limit on references, which is one for the whole evaluation, goes further than the flag it hit.
        self.failure = self.failure.filter(|code| *code == ErrorCode::General).or(failure);
        answer
    }

    fn may_follow(&mut self) -> bool {
        if self.references_left == 0 {
            self.failure = Some(ErrorCode::General);
            return false;
        }
        self.references_left -= 1;
        true
    }

    fn condition(&mut self, buckets: &'s [CompiledBucket], condition: &'s CompiledCondition) -> Truth {
        match condition {
            CompiledCondition::Test(test) => self.test(test),
            CompiledCondition::All(parts) => self.group("all of", |this| {
                let mut result = Truth::True;
                for part in parts {
                    let truth = match part {
                        CompiledCondition::Test(test) => this.test(test),
                        part => this.condition(buckets, part),
                    };
                    result = match truth {
                        Truth::False => return Truth::False,
                        Truth::Unknown => Truth::Unknown,
                        Truth::True => result,
                    };
                }
                result
            }),
            CompiledCondition::Any(parts) => self.group("any of", |this| {
                let mut result = Truth::False;
                for part in parts {
                    result = match this.condition(buckets, part) {
                        Truth::True => return Truth::True,
                        Truth::Unknown => Truth::Unknown,
                        Truth::False => result,
                    };
                }
                result
            }),
            CompiledCondition::Seq(parts) => self.group("in order", |this| {
                for part in parts {
                    let truth = this.condition(buckets, part);
                    if truth != Truth::True {
                        return truth;
                    }
                }
                Truth::True
            }),
            CompiledCondition::Not(part) => self.group("not", |this| match this.condition(buckets, part) {
                Truth::True => Truth::False,
                Truth::False => Truth::True,
                Truth::Unknown => Truth::Unknown,
            }),
            CompiledCondition::IsTrue(part) => {
                self.group("known to be true", |this| Truth::from(this.condition(buckets, part) == Truth::True))
            }
            CompiledCondition::Const(value) => {
                self.observer.open();
                let truth = Truth::from(*value);
                self.observer.close(|| if *value { "everyone" } else { "no one" }.to_owned(), Some(truth), None);
                truth
            }
            CompiledCondition::Segment(at) => self.segment(*at),
            CompiledCondition::Flag(test) => self.flag_test(test),
            CompiledCondition::Answer(test) => self.answer_test(buckets, test),
            CompiledCondition::Compute(logic) => self.computed_test(logic),
            CompiledCondition::Bucket(test) => self.bucket_test(buckets, test),
            CompiledCondition::List(test) => self.list_test(test),
            CompiledCondition::Some(test) => self.some_test(buckets, test),
        }
    }

    #[inline]
    fn group(&mut self, text: &'static str, part: impl FnOnce(&mut Self) -> Truth) -> Truth {
        self.observer.open();
        let truth = part(self);
        self.observer.close(|| text.to_owned(), Some(truth), None);
        truth
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "measured: a call costs a third of a test")]
    fn test(&mut self, test: &'s CompiledTest) -> Truth {
        self.observer.open();
        // Most tests: nothing is copied, and no call. A closure would be a call here and there.
        let usual = match test.path.at_hand(&self.subject) {
            Some(value) => test.operator.holds_at_once(test.reader, value, test.invalid),
            None => None,
        };
        let truth = match usual {
            Some(truth) => truth,
            None => test_any(test, &self.subject),
        };
        let subject = &self.subject;
        let words = || format!("{} {}: {}", test.path, test.label, explain::value(test.path.find(subject)));
        self.observer.close(words, Some(truth), None);
        truth
    }

    fn segment(&mut self, at: u32) -> Truth {
        self.observer.open();
        let tables = self.tables;
        let truth = match tables.segments.get(at).map(|segment| &segment.body) {
            None => Truth::False,
            Some(Ok(body)) if tables.entangled.segment(at).is_none() => {
                if self.may_follow() {
                    self.condition(&body.buckets, &body.condition)
                } else {
                    Truth::Unknown
                }
            }
            Some(_) => {
                self.failure = self.failure.or(Some(ErrorCode::ParseError));
                Truth::Unknown
            }
        };
        self.observer.close(|| explain::segment(tables, at), Some(truth), None);
        truth
    }

    #[inline(never)]
    fn flag_test(&mut self, test: &'s FlagTest) -> Truth {
        self.observer.open();
        let answer = self.other_flag(test.flag);
        let other = self.tables.flags.get(test.flag).and_then(|flag| flag.body.as_ref().ok());
        let on = !test.must_be_on || other.is_some_and(|body| body.on);
        let answers = answer.variant.is_some_and(|variant| test.variants.iter().any(|one| **one == *variant));
        let truth = Truth::from(on && answers);
        let tables = self.tables;
        self.observer.close(|| explain::flag_test(tables, test, &answer, on), Some(truth), None);
        truth
    }

    #[inline(never)]
    fn answer_test(&mut self, buckets: &'s [CompiledBucket], test: &'s AnswerTest) -> Truth {
        self.observer.open();
        let answer = self.other_flag(test.flag);
        let truth = if answer.error.is_some() {
            test.failing
        } else {
            let outer =
                std::mem::replace(&mut self.subject.element, answer.value.map_or(Attribute::Null, Attribute::from));
            let truth = self.condition(buckets, &test.condition);
            self.subject.element = outer;
            truth
        };
        let tables = self.tables;
        self.observer.close(|| explain::answer_test(tables, test.flag, &answer), Some(truth), None);
        truth
    }

    #[inline(never)]
    fn computed_test(&mut self, logic: &'s Logic) -> Truth {
        self.observer.open();
        let result = logic.run(self.subject);
        if result.is_none() {
            self.failure = self.failure.or(Some(ErrorCode::General));
        }
        let truth = result.as_ref().map_or(Truth::Unknown, |result| Truth::from(truthy(result)));
        self.observer.close(|| explain::computed(result.as_ref()), Some(truth), None);
        truth
    }

    #[inline(never)]
    fn bucket_test(&mut self, buckets: &'s [CompiledBucket], test: &'s BucketTest) -> Truth {
        self.observer.open();
        let bucket = buckets.get(test.bucket as usize);
        let number = bucket.and_then(|bucket| bucket.number(&self.subject));
        let truth = number.map_or(test.missing, |number| {
            let now_ms = self.subject.now_ms;
            Truth::from(
                test.ranges.iter().any(|(lo, hi)| (*lo..*hi).contains(&number))
                    || test.ramps.iter().any(|ramp| ramp.contains(number, now_ms)),
            )
        });
        self.observer.close(|| explain::bucket_test(bucket, test, number), Some(truth), None);
        truth
    }

    fn list_test(&mut self, test: &'s ListTest) -> Truth {
        self.observer.open();
        let value = test.path.find(&self.subject);
        let tables = self.tables;
        let truth = value.with_unit(|unit| {
            Truth::from(unit.is_some_and(|unit| {
                let lists = test.lists.iter().filter_map(|at| tables.lists.get(*at));
                lists.into_iter().any(|list| list.get(unit).is_some())
            }))
        });
        self.observer.close(|| explain::list_test(tables, test, value), Some(truth), None);
        truth
    }

    #[inline(never)]
    fn some_test(&mut self, buckets: &'s [CompiledBucket], test: &'s SomeTest) -> Truth {
        self.observer.open();
        let value = test.path.find(&self.subject);
        let truth = value.elements().map_or(Truth::Unknown, |elements| {
            let outer = self.subject.element;
            let truth = any(elements, |element| {
                self.subject.element = element.into();
                self.condition(buckets, &test.condition)
            });
            self.subject.element = outer;
            truth
        });
        self.observer.close(|| format!("some element of {}: {}", test.path, explain::value(value)), Some(truth), None);
        truth
    }

    #[inline]
    fn remark(&mut self, text: impl FnOnce() -> String) {
        self.observer.open();
        self.observer.close(text, None, None);
    }
}

fn body_of(flag: &CompiledFlag) -> Option<&FlagBody> {
    flag.body.as_ref().ok()
}

#[inline]
fn variant<'s>(body: &'s FlagBody, at: u32, reason: Reason, rule: Option<&'s str>) -> Answer<'s> {
    let variant = body.variants.get(at as usize);
    Answer {
        value: variant.map(|variant| &variant.value),
        variant: variant.map(|variant| &*variant.key),
        variant_index: Some(at),
        reason,
        rule,
        error: None,
    }
}

impl From<bool> for Truth {
    #[inline]
    fn from(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }
}
