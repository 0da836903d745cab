use crate::support::Folder;

/// What is dumped is what masks are made of: hashes of the row key, two units a word.
#[test]
fn the_bits_are_those_of_the_masks() {
    let folder = Folder::new(&[]);
    let args = ["rng", "--seed", "3", "--site", "hidden", "--units", "16", "--rows", "2", "--bytes", "100"];
    let bytes = folder.command(&args).output().expect("runs").stdout;
    assert_eq!(bytes.len(), 100);
    let lines = folder.run(&[
        "rng", "--seed", "3", "--site", "hidden", "--units", "16", "--rows", "2", "--bytes", "100", "--json",
    ]);
    let hex =
        |row: usize| bytes[32 * row..].iter().take(32).map(|byte| format!("{byte:02x}")).collect::<String>();
    assert!(lines.contains(&format!("{{\"epoch\":0,\"hex\":\"{}\",\"position\":1}}\n", hex(1))), "{lines}");
    assert!(lines.contains(&hex(3)) && hex(3).len() == 8, "{lines}");
    let word = |i: usize| u32::from_le_bytes(bytes[4 * i..4 * i + 4].try_into().expect("four bytes"));
    let key = |epoch, row| {
        dropnet::internal::draws::row_key(
            dropnet::internal::draws::train_stream(3, dropnet::internal::draws::site_key("hidden"), epoch),
            row,
        )
    };
    for (row, epoch, position) in [(0, 0, 0), (1, 0, 1), (2, 1, 0)] {
        for unit in 0..8 {
            let (counter, low) = dropnet::internal::draws::draw_place(unit);
            let half = word(8 * row + counter as usize) >> if low { 0 } else { 16 };
            assert_eq!(half as u16 ^ 0x8000, dropnet::internal::draws::draw16(key(epoch, position), unit));
        }
    }
}
