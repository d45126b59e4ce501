//! The pages of the window with lifelike contents.

use super::Shot;
use crate::web::chrome::Chrome;

pub(super) fn shots(_chrome: &Chrome) -> Vec<Shot> {
    Vec::new()
}
