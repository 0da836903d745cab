# Pictures of 8x8 and their classes as a table, a row a picture.
#
#     awk -F, -f pictures.awk pixels.csv classes.csv
#
# `pixels.csv` is what `dropnet plot --kind augment --csv` writes of one epoch, `classes.csv` what `dropnet eval --each train` does.

FNR == 1 { file++; next }
file == 1 { pixel[$2, 8 * $3 + $4] = $6; next }
FNR == 2 {
    for (j = 0; j < 64; j++) printf "x%d,", j
    print "digit"
}
{
    for (j = 0; j < 64; j++) printf "%s,", pixel[FNR - 2, j]
    print $2
}
