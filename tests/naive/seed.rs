//! The seed of random worlds: `SSOLINT_SEED` (a number) chooses it; without it each run draws another. Who uses it prints it.

use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

pub fn runner(config: Config) -> (u64, TestRunner) {
    let seed: u64 = match std::env::var("SSOLINT_SEED") {
        Ok(text) => text.parse().expect("SSOLINT_SEED is a number"),
        Err(_) => std::time::UNIX_EPOCH.elapsed().expect("a clock").as_nanos() as u64,
    };
    let mut bytes = [0_u8; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    (seed, TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes)))
}
