//! Prints tables for people and lines for programs.

use crate::rounds::{Cell, Entrant, Turn};
use crate::variant::{Framework, Role, without_sessions};
use crate::workload::{self, LOGIN_READ, LOGIN_WRITE, SHOP_READ, SHOP_WRITE, UNTOUCHED, Workload};

pub struct Report {
    entrants: Vec<Entrant>,
}

impl Report {
    pub fn new(entrants: Vec<Entrant>) -> Self {
        Self { entrants }
    }

    pub fn print(&self) {
        for framework in Framework::ALL {
            if self.of(framework).next().is_some() {
                self.print_tables(framework);
            }
        }
        for framework in Framework::ALL {
            self.print_ratios(framework);
        }
        for framework in Framework::ALL {
            self.print_goals(framework);
        }
    }

    fn print_tables(&self, framework: Framework) {
        let name = framework.name();
        self.grid(framework, &format!("{name}: µs of CPU above the bare handler"), |entrant, cell| {
            match entrant.variant.role {
                Role::Bare => format!("({:.1})", cell.median(Turn::cpu)),
                _ => format!("{:.1}", self.above_bare(entrant, cell)),
            }
        });
        self.grid(framework, &format!("{name}: µs of CPU, user + system"), |_, cell| {
            format!("{:.1} + {:.1}", cell.median(|turn| turn.user), cell.median(|turn| turn.system))
        });
        self.grid(framework, &format!("{name}: requests per second"), |_, cell| {
            format!("{:.0}", cell.median(|turn| turn.per_second))
        });
        self.grid(framework, &format!("{name}: latency in µs, p50 / p99"), |_, cell| {
            format!("{:.0} / {:.0}", cell.median(|turn| turn.p50), cell.median(|turn| turn.p99))
        });
        self.grid(framework, &format!("{name}: allocations"), |_, cell| format!("{:.1}", cell.allocations));
        self.grid(framework, &format!("{name}: bytes of the heads, request / response"), |_, cell| {
            format!("{} / {}", cell.request_head, cell.response_head)
        });
        self.print_sizes(framework);
    }

    /// Prints a table with a row for each server and a column for each workload.
    fn grid(&self, framework: Framework, title: &str, show: impl Fn(&Entrant, &Cell) -> String) {
        row(title, workload::ALL.map(|workload| workload.title.to_owned()));
        row("---", workload::ALL.map(|_| "---".to_owned()));
        for entrant in self.of(framework) {
            let cells = workload::ALL.map(|workload| entrant.cell(workload).map(|cell| show(entrant, cell)));
            row(entrant.variant.title, cells.map(Option::unwrap_or_default));
        }
        println!();
    }

    fn print_sizes(&self, framework: Framework) {
        let columns = ["cookie, login", "cookie, 3 KiB", "MiB, idle", "MiB, afterwards"];
        row(&format!("{}: characters and memory", framework.name()), columns.map(str::to_owned));
        row("---", columns.map(|_| "---".to_owned()));
        for entrant in self.of(framework) {
            let cookie = |workload| match entrant.cell(workload) {
                Some(cell) if entrant.variant.has_sessions() => cell.cookie.to_string(),
                _ => String::new(),
            };
            let [idle, afterwards] = entrant.resident.map(|resident| format!("{resident:.1}"));
            row(entrant.variant.title, [cookie(LOGIN_READ), cookie(SHOP_READ), idle, afterwards]);
        }
        println!();
    }

    fn print_ratios(&self, framework: Framework) {
        let Some(ours) = self.find(framework, "ours") else { return };
        for (cell, rival) in ours.cells.iter().flat_map(|cell| self.of(framework).map(move |rival| (cell, rival))) {
            let Some(theirs) = rival.cell(cell.workload) else { continue };
            if matches!(rival.variant.role, Role::OursWith | Role::CookiePeer | Role::StorePeer) {
                let ratio = self.above_bare(ours, cell) / self.above_bare(rival, theirs);
                let (framework, workload) = (framework.name(), cell.workload.name);
                println!("ratio {framework}-{workload} ours/{} {ratio:.2}", rival.variant.name);
            }
        }
    }

    /// Prints whether our CPU time above the bare handler stays within the limits.
    fn print_goals(&self, framework: Framework) {
        let signed = match framework {
            Framework::Axum => "signed-jar",
            Framework::Actix => "actix-session-signed",
        };
        let of = |name: &str, workload| self.above(self.find(framework, name)?, workload);
        let peers = self.of(framework).filter(|entrant| entrant.variant.role == Role::CookiePeer);
        let best_peer = peers.filter_map(|peer| self.above(peer, LOGIN_READ)).min_by(f64::total_cmp);
        let goals = [
            (UNTOUCHED, "no-op + 0.5 µs", of("no-op", UNTOUCHED).map(|no_op| no_op + 0.5)),
            (LOGIN_READ, "1.0 × the best peer with a cookie", best_peer),
            (LOGIN_WRITE, "1.2 × the signed peer", of(signed, LOGIN_WRITE).map(|peer| 1.2 * peer)),
            (SHOP_READ, "0.5 × the signed peer", of(signed, SHOP_READ).map(|peer| 0.5 * peer)),
            (SHOP_WRITE, "0.9 × the signed peer", of(signed, SHOP_WRITE).map(|peer| 0.9 * peer)),
        ];
        for (workload, limit_name, limit) in goals {
            if let (Some(ours), Some(limit)) = (of("ours", workload), limit) {
                let verdict = if ours <= limit { "met" } else { "MISSED" };
                let (framework, workload) = (framework.name(), workload.name);
                println!("goal {framework}-{workload} {verdict}: {ours:.1} µs of {limit:.1} µs, {limit_name}");
            }
        }
    }

    fn of(&self, framework: Framework) -> impl Iterator<Item = &Entrant> {
        self.entrants.iter().filter(move |entrant| entrant.variant.framework == framework)
    }

    fn find(&self, framework: Framework, name: &str) -> Option<&Entrant> {
        self.of(framework).find(|entrant| entrant.variant.name == name)
    }

    fn above(&self, entrant: &Entrant, workload: Workload) -> Option<f64> {
        Some(self.above_bare(entrant, entrant.cell(workload)?))
    }

    /// Returns the median of the CPU time above that of the bare handler in the same round, with a cookie of the same
    /// session.
    fn above_bare(&self, entrant: &Entrant, cell: &Cell) -> f64 {
        let bare = self.find(entrant.variant.framework, "bare").expect("it always runs");
        let bare = bare.cell(without_sessions(cell.workload.content)).expect("it runs with each cookie");
        median(cell.turns.iter().zip(&bare.turns).map(|(turn, bare)| turn.cpu() - bare.cpu()))
    }
}

impl Cell {
    fn median(&self, figure: impl Fn(&Turn) -> f64) -> f64 {
        median(self.turns.iter().map(figure))
    }
}

fn row<const N: usize>(label: &str, cells: [String; N]) {
    println!("| {label} | {} |", cells.join(" | "));
}

/// Returns the median. For an even number of samples, it is the mean of the middle two.
fn median(samples: impl Iterator<Item = f64>) -> f64 {
    let mut samples: Vec<f64> = samples.collect();
    samples.sort_by(f64::total_cmp);
    f64::midpoint(samples[(samples.len() - 1) / 2], samples[samples.len() / 2])
}
