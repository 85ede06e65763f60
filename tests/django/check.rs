//! The same questions to both sides, and the tally.

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
    /// By Django.
    accepted: usize,
    /// Tokens that both wrote, and tokens that were shown to both.
    written: usize,
    read: usize,
    disagreements: usize,
    /// Those of this group.
    shown: Vec<String>,
    differences: Vec<usize>,
}

/// A question with both answers.
pub struct Answered {
    pub question: Question,
    pub ours: Answer,
    pub django: Reply,
}

/// Questions in one message to Python.
const BATCH: usize = 256;

/// Disagreements of a group that are printed: the shortest.
const SHOWN: usize = 3;

impl Check {
    /// Every group asks `times` times as much as it does by itself.
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

    /// Runs one group and prints its share.
    pub fn group(&mut self, name: &str, group: impl FnOnce(&mut Self)) {
        let (start, before) = (Instant::now(), [self.compared, self.accepted, self.disagreements]);
        group(self);
        self.shown.sort_by_key(String::len);
        self.shown.drain(..).take(SHOWN).for_each(|case| println!("{case}"));
        println!(
            "{name:20}{:8} compared,{:6} accepted,{:4} disagreements,{:5.1} s",
            self.compared - before[0],
            self.accepted - before[1],
            self.disagreements - before[2],
            start.elapsed().as_secs_f64(),
        );
    }

    /// So many random questions, or whatever is drawn.
    pub fn draw<T>(&mut self, count: usize, mut draw: impl FnMut(&mut Random) -> T) -> Vec<T> {
        (0..count * self.times).map(|_| draw(&mut self.random)).collect()
    }

    /// Asks both, and compares their answers.
    pub fn compare(&mut self, questions: Vec<Question>) -> Vec<Answered> {
        self.compare_by(questions, |case| judge(&case.ours, &case.django))
    }

    /// Asks both, and has their answers compared.
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

    /// Asks both, and leaves it at that: for answers that need not be equal.
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

    /// Prints the tally; whether all was well.
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
    /// All that it takes to ask again.
    fn retold(&self) -> String {
        let Reply { answer, notes, otherwise } = &self.django;
        let mut lines = vec![("asked", json!(self.question)), ("ours", json!(self.ours)), ("django", json!(answer))];
        if let Some(otherwise) = otherwise {
            lines.extend([("foretold", otherwise.clone()), ("for", json!(notes))]);
        }
        let title = "DISAGREEMENT".to_owned();
        lines.iter().fold(title, |retold, (who, what)| retold + &format!("\n  {who:9}{what}"))
    }

    /// The text that both gave, or Django if they differ (which has been reported).
    pub fn text(&self) -> String {
        text(&self.django.answer, &self.question)
    }

    /// The signer that made the token.
    pub fn maker(&self) -> Signing {
        self.question.maker()
    }

    /// The moment of the question.
    pub fn now(&self) -> f64 {
        self.question.now
    }

    /// Our text and Django's.
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
