//! What rounding may and may not do: columns that do not vary, and columns that vary little at a high level.

use npyz::WriterBuilder;

use super::super::{Affine, CellRule, Fields, TargetRule, Units};
use super::*;

fn normalize(what: &[&str]) -> Use<'static> {
    ("normalize", vec![("what", list(what.iter().map(|w| word(w)).collect()))])
}

/// Nine rows of `k`, which does not vary, and `x`.
fn with_constant(k: f64) -> String {
    let rows: String = (0..9).map(|i| format!("{k},{i},{}\n", i % 2)).collect();
    format!("k,x,y\n{rows}")
}

#[test]
fn a_column_that_does_not_vary_is_0_and_its_distances_stay_what_they_are() {
    for k in [0.1, 0.2, 0.3, 0.7, 1.1, 3.3, -0.1, 0.25, 3.0, 1e9 + 0.1] {
        let data = csv(&with_constant(k), &[], &[normalize(&["inputs"])], &need(2, Want::Real(1))).unwrap();
        assert!(floats(&data.train, 0).iter().step_by(2).all(|x| *x == 0.0), "{k}");
        let Fields::Table { columns, .. } = &data.transform.fields else { panic!("a table was read") };
        assert_eq!(columns[0].rule, CellRule::Number { scale: 1.0, shift: -k, fill: None });
        let rows = data.transform.read_rows(format!("{},4\n", k + 0.01).into_bytes(), "-").unwrap();
        assert!((row_floats(&rows)[0] - 0.01).abs() < 1e-7, "{k}");
    }
}

#[test]
fn neither_gaps_nor_factors_nor_other_rows_make_a_column_vary() {
    let seen = |rows: &str, args: &[(&'static str, Value)], more: &[Use<'_>]| {
        let data = csv(rows, args, more, &need(2, Want::Real(1))).unwrap();
        floats(&data.train, 0).iter().step_by(2).copied().collect::<Vec<f32>>()
    };
    let gaps: String = (0..9).map(|i| format!("{},{i},1\n", if i == 4 { "" } else { "0.1" })).collect();
    let gaps = format!("k,x,y\n{gaps}");
    assert_eq!(seen(&gaps, &[("missing", word("mean"))], &[normalize(&["inputs"])]), [0.0; 9]);
    let scaled = [("scale", vec![("factor", n(0.3))]), normalize(&["inputs"])];
    assert_eq!(seen(&with_constant(0.7), &[], &scaled), [0.0; 9]);
    // What counts is the training part.
    let split = ("split", vec![("test", n(2.0)), ("shuffle", Value::Bool(false))]);
    let rows = with_constant(0.1) + "0.4,1,1\n0.5,1,1\n";
    let data = csv(&rows, &[], &[split, normalize(&["inputs"])], &need(2, Want::Real(1))).unwrap();
    assert_eq!(floats(&data.train, 0)[0], 0.0);
    assert!((floats(&data.test.unwrap(), 0)[0] - 0.3).abs() < 1e-7);
    // All columns together, and no one of them varies.
    let same: String = (0..9).map(|i| format!("0.1,0.1,{i}\n")).collect();
    let all = ("normalize", vec![("per", word("all"))]);
    assert_eq!(seen(&format!("k,x,y\n{same}"), &[], &[all]), [0.0; 9]);
}

#[test]
fn a_target_that_does_not_vary_has_the_unit_1() {
    let rows: String = (0..9).map(|i| format!("{i},0.1\n")).collect();
    let data = csv(&format!("x,y\n{rows}"), &[], &[normalize(&["target"])], &need(1, Want::Real(1))).unwrap();
    assert_eq!(target(&data.train), Target::Real { data: vec![0.0; 9], width: 1 });
    assert_eq!(
        data.transform.target,
        TargetRule::Real {
            columns: vec!["y".into()],
            units: Units { mean: vec![0.1], sd: vec![1.0], curve: None }
        }
    );
    // Where it is not normalised its variance is no noise to begin with.
    let data = csv(&format!("x,y\n{rows}"), &[], &[], &need(1, Want::Real(1))).unwrap();
    assert_eq!(data.train.variance(), 1.0);
    let two = Target::Real { data: vec![1.0, 0.1, 3.0, 0.1], width: 2 };
    assert_eq!(Part::of_first(2, Vec::new(), two).variance(), 0.5);
}

fn npy<T: npyz::AutoSerialize + Copy>(shape: &[u64], data: &[T]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer =
        npyz::WriteOptions::new().default_dtype().shape(shape).writer(&mut bytes).begin_nd().unwrap();
    writer.extend(data.iter().copied()).unwrap();
    writer.finish().unwrap();
    bytes
}

/// Loads `source npy` with these files, for as many inputs as a row has and one number.
fn arrays(inputs: &[u8], target: &[u8], width: usize, more: &[Use<'_>]) -> Result<Dataset, DataError> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("x.npy"), inputs).unwrap();
    std::fs::write(folder.path().join("y.npy"), target).unwrap();
    let mut uses = vec![("npy", vec![("inputs", text("x.npy")), ("target", text("y.npy"))])];
    uses.extend(more.iter().cloned());
    super::super::load(
        &config(&uses),
        &Search::new(folder.path(), folder.path(), None),
        &need(width, Want::Real(1)),
    )
}

const ROWS: usize = 200;

fn ones() -> Vec<u8> {
    npy(&[ROWS as u64], &[1.0_f32; ROWS])
}

#[test]
fn arrays_that_do_not_vary_are_0() {
    let columns: Vec<f64> = (0..ROWS).flat_map(|i| [0.1, i as f64]).collect();
    let data = arrays(&npy(&[ROWS as u64, 2], &columns), &ones(), 2, &[normalize(&["inputs"])]).unwrap();
    assert!(floats(&data.train, 0).iter().step_by(2).all(|x| *x == 0.0));
    let Fields::Array(rule) = &data.transform.fields else { panic!("an array was read") };
    assert_eq!(rule.pairs[0], Affine { scale: 1.0, shift: -0.1 });
}

/// Means and differences are taken of what the file holds: seconds as doubles and nanoseconds as integers give what a table of them gives.
#[test]
fn times_are_told_apart_however_they_are_stored() {
    let rows: String = (0..ROWS).map(|i| format!("{},1\n", 1_700_000_000 + i)).collect();
    let table =
        csv(&format!("t,y\n{rows}"), &[], &[normalize(&["inputs"])], &need(1, Want::Real(1))).unwrap();
    let wanted = floats(&table.train, 0);
    let seconds: Vec<f64> = (0..ROWS).map(|i| 1.7e9 + i as f64).collect();
    let whole: Vec<i64> = (0..ROWS as i64).map(|i| 1_700_000_000 + i).collect();
    let short: Vec<u32> = (0..ROWS as u32).map(|i| 1_700_000_000 + i).collect();
    let nanoseconds: Vec<i64> = whole.iter().map(|s| s * 1_000_000_000).collect();
    let shape = [ROWS as u64, 1];
    for bytes in [npy(&shape, &seconds), npy(&shape, &whole), npy(&shape, &short), npy(&shape, &nanoseconds)]
    {
        let data = arrays(&bytes, &ones(), 1, &[normalize(&["inputs"])]).unwrap();
        let found = floats(&data.train, 0);
        assert!(found.iter().zip(&wanted).all(|(a, b)| (a - b).abs() < 1e-6), "{:?}", &found[..4]);
    }
    let loaded =
        arrays(&npy(&shape, &[1.0_f32; ROWS]), &npy(&shape[..1], &seconds), 1, &[normalize(&["target"])]);
    let Target::Real { data, .. } = target(&loaded.unwrap().train) else { panic!("numbers") };
    assert!(data.iter().zip(&wanted).all(|(a, b)| (a - b).abs() < 1e-6));
}

#[test]
fn numbers_that_would_become_equal_are_refused() {
    let shape = [ROWS as u64, 1];
    let seconds: Vec<f64> = (0..ROWS).map(|i| 1.7e9 + i as f64).collect();
    let units: Vec<i64> = (0..ROWS as i64).map(|i| 1_700_000_000_000_000_000 + i).collect();
    let flat = npy(&shape, &[1.0_f32; ROWS]);
    let rows: String = seconds.iter().map(|s| format!("{s},1\n")).collect();
    let table = |more: &[Use<'_>]| csv(&format!("t,y\n{rows}"), &[], more, &need(1, Want::Real(1)));
    let faults = [
        arrays(&npy(&shape, &seconds), &ones(), 1, &[]),
        arrays(&npy(&shape, &units), &ones(), 1, &[normalize(&["inputs"])]),
        arrays(&flat, &npy(&shape[..1], &seconds), 1, &[normalize(&["inputs"])]),
        table(&[]),
        table(&[("target", vec![("columns", list(vec![word("t")]))])]),
    ];
    let faults: Vec<String> = faults.into_iter().map(|fault| fault.unwrap_err().to_string()).collect();
    insta::assert_snapshot!(faults.join("\n\n"));
}

/// A mean that columns share takes digits from one that lies close together, whatever the file holds it in.
#[test]
fn what_one_scale_for_all_columns_makes_equal_is_refused() {
    let data: Vec<f32> = (0..ROWS).flat_map(|i| [1e-7 * i as f32, 1000.0 * i as f32]).collect();
    let shape = [ROWS as u64, 2];
    let per = |per: &str| ("normalize", vec![("what", list(vec![word("inputs")])), ("per", word(per))]);
    let wide: Vec<f64> = data.iter().map(|x| f64::from(*x)).collect();
    for bytes in [npy(&shape, &data), npy(&shape, &wide)] {
        let said = arrays(&bytes, &ones(), 2, &[per("all")]).unwrap_err().to_string();
        assert!(said.contains("E0544") && said.contains("become one number in 32 bits"), "{said}");
        let own = arrays(&bytes, &ones(), 2, &[per("column")]).unwrap();
        let own: Vec<f32> = floats(&own.train, 0).iter().step_by(2).copied().collect();
        assert!(own.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(arrays(&bytes, &ones(), 2, &[]).is_ok());
    }
}

/// Outputs are 32-bit numbers in the target's own units: a unit of which they hold few digits, or none, is none to train in.
#[test]
fn a_target_whose_unit_32_bits_do_not_hold_is_refused() {
    let fit = |unit: f64, more: &[Use<'_>]| {
        let rows: String = (0..9).map(|i| format!("{i},{:e}\n", f64::from(i) * unit)).collect();
        csv(&format!("x,y\n{rows}"), &[], more, &need(1, Want::Real(1)))
    };
    for (unit, said) in [
        (1e-47, "2.6e-47, which is too small"),
        (1e-165, "2.6e-165, which is too small"),
        (1e32, "2.6e32, which is too large"),
    ] {
        let error = fit(unit, &[normalize(&["target"])]).unwrap_err().to_string();
        assert!(
            error.contains("E0544") && error.contains(&format!("the target spreads by {said}")),
            "{error}"
        );
        assert!(error.contains("write the target in another unit"), "{error}");
    }
    let error = fit(1e-47, &[]).unwrap_err().to_string();
    assert!(error.contains("0 and 8e-47 become one number in 32 bits"), "{error}");
    for unit in [1e-29, 1e-3, 1e28] {
        let data = fit(unit, &[normalize(&["target"])]).unwrap();
        let Target::Real { data, .. } = target(&data.train) else { panic!("numbers") };
        assert!((data[8] - 4.0 / (60.0_f32 / 9.0).sqrt()).abs() < 1e-6, "{data:?}");
    }
}

/// Inputs of any size are as far apart as their deviation says.
#[test]
fn small_inputs_are_normalised_like_others() {
    let rows: String = (0..9).map(|i| format!("{:e},1\n", f64::from(i) * 1e-165)).collect();
    let data = csv(&format!("x,y\n{rows}"), &[], &[normalize(&["inputs"])], &need(1, Want::Real(1))).unwrap();
    assert!((floats(&data.train, 0)[8] - 4.0 / (60.0_f32 / 9.0).sqrt()).abs() < 1e-6);
}

/// Bytes stay bytes and single precision stays single; doubles that are no more than that need no more room.
#[test]
fn arrays_take_no_more_room_than_they_need() {
    let data = arrays(&npy(&[ROWS as u64, 2], &[7_u8; 2 * ROWS]), &ones(), 2, &[]).unwrap();
    assert_eq!(data.train.inputs[0].store.form().numeric, Numeric::U8);
}
