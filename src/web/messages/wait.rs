//! How long to wait, as people say it.

messages! {
    Wait {
        seconds(n): "{n} 秒" | "{n} second" / "{n} seconds",
        minutes(n): "{n} 分钟" | "{n} minute" / "{n} minutes",
    }
}

impl Wait {
    /// Minutes from one minute up, never fewer than it takes.
    pub fn of(self, seconds: u64) -> String {
        if seconds < 60 { self.seconds(seconds) } else { self.minutes(seconds.div_ceil(60)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Locale;

    #[test]
    fn nobody_counts_five_hundred_seconds() {
        let cases = [
            (1, "1 秒", "1 second"),
            (59, "59 秒", "59 seconds"),
            (60, "1 分钟", "1 minute"),
            (61, "2 分钟", "2 minutes"),
            (527, "9 分钟", "9 minutes"),
        ];
        for (seconds, chinese, english) in cases {
            assert_eq!(Wait(Locale::ZhCn).of(seconds), chinese);
            assert_eq!(Wait(Locale::En).of(seconds), english);
        }
    }
}
