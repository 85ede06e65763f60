//! Asks both sides the same questions, and counts the results.

use std::time::Instant;

use serde_json::{Value, json};

use crate::django::Django;
use crate::ours;
use crate::question::{Answer, Question, Reply, Signing};
use crate::random::Random;
use crate::rules::{RULES, Verdict, judge};

pub struct Check {
    pub random: Random,
    django: Django,
    times: usize,
    compared: usize,
    /// Number of questions that Django answered without an error.
    accepted: usize,
    /// Numbers of tokens that both wrote, and of tokens that both read.
    written: usize,
    read: usize,
    disagreements: usize,
    /// The disagreements of this group.
    shown: Vec<String>,
    differences: Vec<usize>,
}

/// A question with both answers.
pub struct Answered {
    pub question: Question,
    pub ours: Answer,
    pub django: Reply,
}

/// Number of questions in one message to Python.
const BATCH: usize = 256;

/// Number of disagreements of a group that are printed, the shortest first.
const SHOWN: usize = 3;

impl Check {
    /// Creates a check. Every group is run `times` times, with other questions each time.
    pub fn new(django: Django, random: Random, times: usize) -> Self {
        Self {
            random,
            django,
            times,
            compared: 0,
            accepted: 0,
            written: 0,
            read: 0,
            disagreements: 0,
            shown: Vec::new(),
            differences: vec![0; RULES.len()],
        }
    }

    /// Runs one group and prints its counts.
    pub fn group(&mut self, name: &str, mut group: impl FnMut(&mut Self)) {
        let (start, before) = (Instant::now(), [self.compared, self.accepted, self.disagreements]);
        for _ in 0..self.times {
            group(self);
            // Keeps only what may be printed, so that many disagreements do not fill the memory.
            self.shown.sort_by_key(String::len);
            self.shown.truncate(SHOWN);
        }
        self.shown.drain(..).for_each(|case| println!("{case}"));
        println!(
            "{name:20}{:8} compared,{:6} accepted,{:4} disagreements,{:5.1} s",
            self.compared - before[0],
            self.accepted - before[1],
            self.disagreements - before[2],
            start.elapsed().as_secs_f64(),
        );
    }

    /// Generates `count` random values.
    pub fn draw<T>(&mut self, count: usize, mut draw: impl FnMut(&mut Random) -> T) -> Vec<T> {
        (0..count).map(|_| draw(&mut self.random)).collect()
    }

    /// Asks both sides and compares their answers.
    pub fn compare(&mut self, questions: Vec<Question>) -> Vec<Answered> {
        self.compare_by(questions, |case| judge(&case.ours, &case.django))
    }

    /// Asks both sides and compares their answers with `judge`.
    pub fn compare_by(&mut self, questions: Vec<Question>, judge: impl Fn(&Answered) -> Verdict) -> Vec<Answered> {
        let answered = self.ask(questions);
        for case in &answered {
            self.compared += 1;
            self.accepted += usize::from(case.django.answer.is_ok());
            self.written += usize::from(case.question.writes() && case.ours.is_ok() && case.django.answer.is_ok());
            self.read += usize::from(case.question.reads());
            match judge(case) {
                Verdict::Agreement => {}
                Verdict::Difference(rules) => rules.into_iter().for_each(|rule| self.differences[rule] += 1),
                Verdict::Disagreement => {
                    self.disagreements += 1;
                    self.shown.push(case.retold());
                }
            }
        }
        answered
    }

    /// Asks both sides without comparing the answers, which need not be equal.
    pub fn ask(&mut self, questions: Vec<Question>) -> Vec<Answered> {
        let mut answered = Vec::new();
        let mut questions = questions.into_iter().peekable();
        while questions.peek().is_some() {
            let batch: Vec<_> = questions.by_ref().take(BATCH).collect();
            self.django.send(&batch);
            let ours: Vec<_> = batch.iter().map(ours::answer).collect();
            let both = ours.into_iter().zip(self.django.receive());
            answered.extend(batch.into_iter().zip(both).map(|(question, (ours, django))| Answered {
                question,
                ours,
                django,
            }));
        }
        answered
    }

    /// Prints the totals. Returns whether there was no disagreement.
    pub fn finish(self) -> bool {
        println!("\ndifferences on purpose:");
        for (rule, count) in RULES.iter().zip(&self.differences) {
            println!("{count:8}  {}: {} ({})", rule.note, rule.ours, rule.why);
        }
        println!("\ntokens: {} written by both, {} shown to both", self.written, self.read);
        println!("compared {}, disagreements {}", self.compared, self.disagreements);
        self.disagreements == 0
    }
}

impl Answered {
    /// Describes the question and the answers, so that the case can be reproduced.
    fn retold(&self) -> String {
        let Reply { answer, notes, otherwise } = &self.django;
        let mut lines = vec![("asked", json!(self.question)), ("ours", json!(self.ours)), ("django", json!(answer))];
        if let Some(otherwise) = otherwise {
            lines.extend([("foretold", otherwise.clone()), ("for", json!(notes))]);
        }
        let title = "DISAGREEMENT".to_owned();
        lines.iter().fold(title, |retold, (who, what)| retold + &format!("\n  {who:9}{what}"))
    }

    /// Returns the text that both answered, or Django's if they differ (which has been reported).
    pub fn text(&self) -> String {
        text(&self.django.answer, &self.question)
    }

    /// Returns the signer that created the token.
    pub fn maker(&self) -> Signing {
        self.question.maker()
    }

    /// Returns the time of the question.
    pub fn now(&self) -> f64 {
        self.question.now
    }

    /// Returns our text and Django's.
    pub fn texts(&self) -> [String; 2] {
        [text(&self.ours, &self.question), self.text()]
    }
}

fn text(answer: &Answer, question: &Question) -> String {
    match answer {
        Ok(Value::String(text)) => text.clone(),
        other => panic!("{question:?} was answered with {other:?}"),
    }
}
