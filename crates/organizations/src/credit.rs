//! Unified social credit codes (统一社会信用代码): 18 characters by GB 32100-2015, the ninth to the seventeenth of which are an
//! organization code by GB 11714-1997 with a check digit of its own.

const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
const WEIGHTS: [usize; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
const INNER_WEIGHTS: [usize; 8] = [3, 7, 9, 10, 5, 8, 4, 2];

/// The code in its one form: capital letters, no blanks around it.
///
/// # Errors
/// Which rule it breaks.
pub(crate) fn credit_code(text: &str) -> Result<String, &'static str> {
    let code = text.trim().to_ascii_uppercase();
    let values: Option<Vec<usize>> = code.bytes().map(|c| ALPHABET.iter().position(|a| *a == c)).collect();
    let values = values.filter(|values| values.len() == 18).ok_or("it has 18 digits and capital letters, without I, O, S, V and Z")?;
    if inner_check(&code.as_bytes()[8..16]) != code.as_bytes()[16] {
        return Err("the check digit of the organization code, the 17th character, is wrong");
    }
    let sum: usize = values.iter().zip(WEIGHTS).map(|(value, weight)| value * weight).sum();
    if values[17] == (31 - sum % 31) % 31 { Ok(code) } else { Err("the check digit, the last character, is wrong") }
}

/// The check digit of an organization code, where a letter counts from A = 10 on, the whole alphabet through.
fn inner_check(body: &[u8]) -> u8 {
    let value = |c: u8| usize::from(if c.is_ascii_digit() { c - b'0' } else { c - b'A' + 10 });
    let sum: usize = body.iter().zip(INNER_WEIGHTS).map(|(c, weight)| value(*c) * weight).sum();
    match 11 - sum % 11 {
        10 => b'X',
        11 => b'0',
        digit => b"0123456789"[digit],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_in_its_one_form() {
        assert_eq!(credit_code(" 91110000600037341l ").as_deref(), Ok("91110000600037341L"));
    }

    #[test]
    fn each_wrong_character_is_found() {
        let good = "91110000600037341L";
        for at in 0..18 {
            for other in ALPHABET.iter().filter(|c| **c != good.as_bytes()[at]) {
                let mut code = good.as_bytes().to_vec();
                code[at] = *other;
                assert!(credit_code(std::str::from_utf8(&code).unwrap()).is_err(), "{at} {other}");
            }
        }
        for bad in ["", "91110000600037341", "91110000600037341LL", "9111000060003734IL", "统一社会信用代码", "O1110000600037341L"]
        {
            assert!(credit_code(bad).is_err(), "{bad}");
        }
        assert!(credit_code("91110000600037342K").unwrap_err().contains("17th"));
    }
}
