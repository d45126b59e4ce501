//! The country that issued a passport: the three-letter codes of ISO 3166-1 and of ICAO Doc 9303 part 3 §5.

use std::fmt;
use std::str::FromStr;

use super::normalise;

/// An issuing country or organisation, three capital letters as the machine-readable zone prints them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Country(&'static str);

/// Not a known code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a country code of ISO 3166-1 or ICAO Doc 9303")]
pub struct NotACountry;

impl Country {
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// Every known code, in the order of the alphabet within each list.
    pub fn all() -> impl Iterator<Item = Country> {
        ISO_3166.split_ascii_whitespace().chain(ICAO_9303.split_ascii_whitespace()).map(Country)
    }
}

impl FromStr for Country {
    type Err = NotACountry;

    /// Reads a code in any width and case; `D`, as German passports print it, is `DEU`.
    fn from_str(raw: &str) -> Result<Self, NotACountry> {
        let text = normalise::number(raw).map_err(|_| NotACountry)?;
        let code = match text.trim_end_matches('<') {
            "D" => "DEU",
            other => other,
        };
        Country::all().find(|country| country.0 == code).ok_or(NotACountry)
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

const ISO_3166: &str = "\
ABW AFG AGO AIA ALA ALB AND ARE ARG ARM ASM ATA ATF ATG AUS AUT AZE BDI BEL BEN BES BFA BGD BGR BHR BHS BIH \
BLM BLR BLZ BMU BOL BRA BRB BRN BTN BVT BWA CAF CAN CCK CHE CHL CHN CIV CMR COD COG COK COL COM CPV CRI CUB \
CUW CXR CYM CYP CZE DEU DJI DMA DNK DOM DZA ECU EGY ERI ESH ESP EST ETH FIN FJI FLK FRA FRO FSM GAB GBR GEO \
GGY GHA GIB GIN GLP GMB GNB GNQ GRC GRD GRL GTM GUF GUM GUY HKG HMD HND HRV HTI HUN IDN IMN IND IOT IRL IRN \
IRQ ISL ISR ITA JAM JEY JOR JPN KAZ KEN KGZ KHM KIR KNA KOR KWT LAO LBN LBR LBY LCA LIE LKA LSO LTU LUX LVA \
MAC MAF MAR MCO MDA MDG MDV MEX MHL MKD MLI MLT MMR MNE MNG MNP MOZ MRT MSR MTQ MUS MWI MYS MYT NAM NCL NER \
NFK NGA NIC NIU NLD NOR NPL NRU NZL OMN PAK PAN PCN PER PHL PLW PNG POL PRI PRK PRT PRY PSE PYF QAT REU ROU \
RUS RWA SAU SDN SEN SGP SGS SHN SJM SLB SLE SLV SMR SOM SPM SRB SSD STP SUR SVK SVN SWE SWZ SXM SYC SYR TCA \
TCD TGO THA TJK TKL TKM TLS TON TTO TUN TUR TUV TWN TZA UGA UKR UMI URY USA UZB VAT VCT VEN VGB VIR VNM VUT \
WLF WSM YEM ZAF ZMB ZWE";

/// British variants, organisations, stateless persons and refugees, Kosovo, and Utopia of the specimens.
const ICAO_9303: &str = "\
EUE GBD GBN GBO GBP GBS RKS UNA UNK UNO UTO XBA XCC XCE XCO XDC XEC XIM XMP XOM XPO XXA XXB XXC XXX";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_whole() {
        assert_eq!(ISO_3166.split_ascii_whitespace().count(), 249);
        let all: Vec<_> = Country::all().collect();
        for country in &all {
            assert!(country.0.len() == 3 && country.0.bytes().all(|b| b.is_ascii_uppercase()), "{country}");
            assert_eq!(country.0.parse(), Ok(*country));
            assert_eq!(all.iter().filter(|other| *other == country).count(), 1, "{country}");
        }
    }

    #[test]
    fn reads_what_people_and_machines_write() {
        let cases = [("usa", "USA"), (" Ｊｐｎ ", "JPN"), ("D", "DEU"), ("D<<", "DEU"), ("GBN", "GBN")];
        for (raw, code) in cases {
            assert_eq!(raw.parse::<Country>().map(Country::as_str), Ok(code), "{raw}");
        }
        for raw in ["", "<", "US", "ZZZ", "中国", "USAUSA", &"U".repeat(1 << 20)] {
            assert_eq!(raw.parse::<Country>(), Err(NotACountry));
        }
    }
}
