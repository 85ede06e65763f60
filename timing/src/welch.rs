//! Welch's t-test for whether two sets of durations have the same mean, as dudect applies it (Reparaz, Balasch,
//! Verbauwhede: "Dude, is my code constant time?", 2017).

/// The value from which dudect considers two classes different. By chance, it is exceeded once in 147,000 tests.
pub const THRESHOLD: f64 = 4.5;

/// The fractions of the durations that are kept, the shortest ones. Interruptions only make durations longer, and hide
/// differences.
const KEPT: [f64; 7] = [1.0, 0.99, 0.95, 0.9, 0.75, 0.5, 0.25];

/// The minimum number of durations for a result.
const ENOUGH: f64 = 100.0;

/// Returns the t with the largest absolute value of all crops. It is positive if `a` takes longer.
pub fn most_telling_t(a: &[u32], b: &[u32]) -> f64 {
    let both = sorted(a, b);
    let crops = KEPT.into_iter().filter_map(|kept| {
        let limit = limit(&both, kept);
        let (a, b) = (Moments::up_to(limit, a), Moments::up_to(limit, b));
        (a.count >= ENOUGH && b.count >= ENOUGH).then(|| a.t(&b))
    });
    crops.max_by(|x, y| x.abs().total_cmp(&y.abs())).unwrap_or(f64::NAN)
}

/// Returns how much longer `a` takes, by the means of the middle halves.
pub fn difference(a: &[u32], b: &[u32]) -> f64 {
    let middle = |durations: &[u32]| {
        let sorted = sorted(durations, &[]);
        Moments::up_to(u32::MAX, &sorted[sorted.len() / 4..sorted.len() * 3 / 4]).mean
    };
    middle(a) - middle(b)
}

fn sorted(a: &[u32], b: &[u32]) -> Vec<u32> {
    let mut both = [a, b].concat();
    both.sort_unstable();
    both
}

/// Returns the longest duration that is kept. Both sets have the same limit, because cropping would otherwise
/// distinguish them.
fn limit(sorted: &[u32], kept: f64) -> u32 {
    sorted[((sorted.len() - 1) as f64 * kept) as usize]
}

struct Moments {
    count: f64,
    mean: f64,
    variance: f64,
}

impl Moments {
    fn up_to(limit: u32, durations: &[u32]) -> Self {
        let kept = || durations.iter().filter(|&&duration| duration <= limit).map(|&duration| f64::from(duration));
        let count = kept().count() as f64;
        let mean = kept().sum::<f64>() / count;
        let variance = kept().map(|duration| (duration - mean).powi(2)).sum::<f64>() / (count - 1.0);
        Self { count, mean, variance }
    }

    fn t(&self, other: &Self) -> f64 {
        (self.mean - other.mean) / (self.variance / self.count + other.variance / other.count).sqrt()
    }
}
