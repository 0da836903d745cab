# What lies halfway between rows of a table of digits, and what a net says there.
#
#     awk -F, -v OFS=, -f between.awk rows.csv > halfway.csv
#     awk -F, -v at=WORDS -f between.awk rows.csv ends.csv halfway.csv
#
# The first writes the row halfway between each row and the next one, where that is of another class. The second is given what `dropnet predict`
# says of the rows and of those halfway, and writes `at`, the mean gap to linearity and the share of third classes in percent.

FNR == 1 { file++; if (file == 1 && at == "") print; next }

# Rows: what each is, and in the first use the rows halfway.
file == 1 {
    class[FNR] = $NF
    if (at == "" && FNR > 2 && class[FNR] != class[FNR - 1]) {
        for (j = 1; j < NF; j++) printf "%s,", ($j + last[j]) / 2
        print $NF
    }
    for (j = 1; j < NF; j++) last[j] = $j
    if (FNR > 2 && class[FNR] != class[FNR - 1]) end[++pairs] = FNR
    next
}

# Predictions at the ends: probabilities begin in the second column.
file == 2 {
    for (k = 2; k <= NF; k++) p[FNR, k] = $k
    next
}

# Predictions halfway.
{
    b = end[++n]
    for (k = 2; k <= NF; k++) {
        difference = $k - (p[b - 1, k] + p[b, k]) / 2
        gap += (difference < 0 ? -difference : difference) / 2
    }
    if ($1 != class[b] && $1 != class[b - 1]) miss++
}

END { if (at != "") print at "," gap / n "," 100 * miss / n }
