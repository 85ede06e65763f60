use crate::pickle::limits;
use crate::pickle::values::Id;

const EMPTY: &str = "pickle stack underflow";

/// The machine's stack, with the marks that delimit the arguments of some opcodes.
#[derive(Default)]
pub(super) struct Stack {
    items: Vec<Id>,
    /// How many items there were when each mark was set. Those items are out of reach until the mark is removed.
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

    /// Removes the last mark and the items above it. Returns the items.
    pub(super) fn pop_mark(&mut self) -> Result<Vec<Id>, &'static str> {
        let fence = self.marks.pop().ok_or(EMPTY)?;
        Ok(self.items.split_off(fence.min(self.items.len())))
    }

    /// Removes the top item, or the last mark if there is nothing above it.
    pub(super) fn pop_any(&mut self) -> Result<(), &'static str> {
        if self.items.len() > self.fence() { self.pop().map(drop) } else { self.pop_mark().map(drop) }
    }

    /// Returns the only item. It is an error if there are other items, marks, or none.
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
