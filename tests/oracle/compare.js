// compare.js - holds what client/hist.c says against HdrHistogram's own arithmetic.
//
//   node compare.js FOLDER
//
// In FOLDER lie `values` (what was recorded, in ns), `told` (lines of millionths and the
// percentile told) and `hgrm` (the distribution). Prints what differs, and fails then.
"use strict";
const fs = require("fs");
const hdr = require("hdr-histogram-js");

const lines = (name) =>
    fs.readFileSync(`${process.argv[2]}/${name}`, "utf8").split("\n")
        .filter((l) => l.trim());
const columns = (line) => line.trim().split(/ +/).map(Number);
let compared = 0, wrong = 0;

function same(what, ours, theirs, tolerance = 0) {
    compared++;
    if (!(Math.abs(ours - theirs) <= tolerance) && wrong++ < 10)
        console.log(`${what}: ours ${ours}, theirs ${theirs}`);
}

const theirs = hdr.build({
    bitBucketSize: 32, lowestDiscernibleValue: 1,
    highestTrackableValue: 2 ** 36 - 1, numberOfSignificantValueDigits: 3,
});
lines("values").forEach((v) => theirs.recordValue(Number(v)));

// The highest value that a counter stands for may lie beyond all that were recorded; and
// the least one is known exactly. There we tell more than they do.
const most = Math.max(...lines("values").map(Number));
const least = Math.min(...lines("values").map(Number));
const at = (percent) => Math.min(theirs.getValueAtPercentile(percent), most);

for (const [millionths, ours] of lines("told").map(columns))
    if (ours !== least)
        same(`percentile ${millionths / 1e4}`, ours, at(millionths / 1e4));

// As HdrHistogram's plotter reads it: four numbers in a line, between blanks.
const rows = lines("hgrm").filter((l) => l[0] !== "#").map(columns)
    .filter((r) => r[0] >= 0);
const step = Math.ceil(rows.length / 300);      // theirs looks at all counters each time
for (const [ms, part, count, inverse] of rows.filter((_, i) => i % step === 0)) {
    const ns = Math.round(ms * 1e6);
    same(`values up to ${ns}`, count, Math.round(part * theirs.totalCount));
    same(`the value of rank ${count}`, ns, at(100 * (count - 0.5) / theirs.totalCount));
    if (count < theirs.totalCount)
        same(`1/(1-p) of ${part}`, inverse, 1 / (1 - part), 0.0051 + 1e-6 * inverse);
}
same("the last line's count", rows[rows.length - 1][2], theirs.totalCount);

const foot = lines("hgrm").join(" ");
const number = (name) => Number(foot.match(new RegExp(`${name} *= *([0-9.]+)`))[1]);
same("mean", number("Mean") * 1e6, theirs.mean, 1 + theirs.mean / 1000);
same("deviation", number("StdDeviation") * 1e6, theirs.stdDeviation,
    1 + theirs.mean / 1000);
same("count", number("Total count"), theirs.totalCount);
same("most", Math.round(number("Max") * 1e6), most);

console.log(`${compared} figures compared, ${wrong} differ`);
process.exit(wrong || compared < 20 ? 1 : 0);
