use crate::pickle::limits;
use crate::pickle::values::Id;

const EMPTY: &str = "pickle stack underflow";

/// The machine's stack, with the marks that set off the arguments of some opcodes.
#[derive(Default)]
pub(super) struct Stack {
    items: Vec<Id>,
    /// How many items there were when each mark was set. Those cannot be reached while it stands.
    marks: Vec<usize>,
}

impl Stack {
    pub(super) fn push(&mut self, id: Id) {
        self.items.push(id);
    }

    pub(super) fn top(&self) -> Result<Id, &'static str> {
        let reachable = self.items.get(self.fence()..).unwrap_or_default();
        reachable.last().copied().ok_or(EMPTY)
    }

    pub(super) fn pop(&mut self) -> Result<Id, &'static str> {
        let top = self.top()?;
        self.items.pop();
        Ok(top)
    }

    pub(super) fn mark(&mut self) -> Result<(), &'static str> {
        if self.marks.len() >= limits::NODES {
            return Err("more than 65536 marks");
        }
        self.marks.push(self.items.len());
        Ok(())
    }

    /// Takes the last mark and what lies above it.
    pub(super) fn pop_mark(&mut self) -> Result<Vec<Id>, &'static str> {
        let fence = self.marks.pop().ok_or(EMPTY)?;
        Ok(self.items.split_off(fence.min(self.items.len())))
    }

    /// Takes the top, or the last mark if there is nothing above it.
    pub(super) fn pop_any(&mut self) -> Result<(), &'static str> {
        if self.items.len() > self.fence() { self.pop().map(drop) } else { self.pop_mark().map(drop) }
    }

    /// Takes the only item; anything else is left over.
    pub(super) fn finish(&self) -> Result<Id, &'static str> {
        match (&self.items[..], &self.marks[..]) {
            (&[only], []) => Ok(only),
            _ => Err("pickle does not leave exactly one value on the stack"),
        }
    }

    fn fence(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }
}
