'use strict';
/* Aligns the chosen models, part by part and line by line; marks what not all have. */

const { models, card } = JSON.parse(document.getElementById('data').textContent);
const MOST = 3;
const KEYS = '123456789abcdefghilmnopqrstuvwxyz';     /* j and k go through the parts */
let chosen = [];                /* places in models, in the order of choosing */

/* ---- the source, cut into words ---- */

const KEYWORD = new RegExp('^(if|else|for|while|do|switch|case|default|break|continue|'
    + 'return|static|const|struct|enum|void|int|char|bool|unsigned|sizeof)$');

function cut(text) {
    return text.match(/\w+|\s+|->|\/\*|\*\/|[=!<>]=|&&|\|\||./g) || [];
}

/* Each line as { text, bare, words: [{ text, kind }] }; a comment may span several. */
function read(lines) {
    let comment = false;
    return lines.map(text => {
        let string = false;
        const words = cut(text).map(word => {
            comment ||= word === '/*';
            const quote = word === '"' && !comment;
            const kind = comment ? 'comment' : string || quote ? 'string'
                : KEYWORD.test(word) ? 'keyword' : '';
            string = string !== quote;
            comment &&= word !== '*/';
            return { text: word, kind };
        });
        return { text, words, bare: text.trim().replace(/\s+/g, ' ') };
    });
}

for (const model of models)
    for (const part of model.parts)
        part.lines = read(part.lines);

/* ---- partners ---- */

/* Pairs [i, j], in order, so that the sum of like(a[i], b[j]) is greatest. */
function pairs(a, b, like) {
    const best = Array.from({ length: a.length + 1 },
        () => new Float64Array(b.length + 1));
    const likes = a.map(x => b.map(y => like(x, y)));
    for (let i = a.length - 1; i >= 0; i--)
        for (let j = b.length - 1; j >= 0; j--)
            best[i][j] = Math.max(best[i + 1][j], best[i][j + 1],
                likes[i][j] > 0 ? best[i + 1][j + 1] + likes[i][j] : 0);
    const found = [];
    for (let i = 0, j = 0; i < a.length && j < b.length;)
        if (likes[i][j] > 0 && best[i][j] === best[i + 1][j + 1] + likes[i][j])
            found.push([i++, j++]);
        else if (best[i][j] === best[i + 1][j])
            i++;
        else
            j++;
    return found;
}

const sameWord = (x, y) => x.text === y.text ? (/\s/.test(x.text) ? 0.01 : 1) : 0;
const solid = words => words.filter(word => !/^\s/.test(word.text));

function code(line) {
    const words = solid(line.words), rest = words.filter(word => word.kind !== 'comment');
    return rest.length ? rest : words;
}

/* Lines that mean the same, and those that have more than half of their words in common,
 * are partners. A remark behind code does not part them. */
function likeness(a, b) {
    if (a.bare === b.bare)
        return /[a-z]/i.test(a.bare) ? 2 : 0.5;
    const mine = code(a), yours = code(b);
    const same = 2 * pairs(mine, yours, sameWord).length / (mine.length + yours.length);
    return same > 0.5 && /[a-z]/i.test(a.bare) ? same : 0;
}

/* A further model's column beside the rows that there are. What has no partner stands
 * beside what has none either. */
function beside(rows, column, like) {
    const empty = Array(rows[0]?.length).fill(null);
    const end = [rows.length, column.length];
    const rowLike = (row, item) =>
        Math.max(...row.map(cell => cell ? like(cell, item) : 0));
    const result = [];
    let i = 0, j = 0;
    for (const [toI, toJ] of [...pairs(rows, column, rowLike), end]) {
        while (i < toI || j < toJ)
            result.push([...(i < toI ? rows[i++] : empty), j < toJ ? column[j++] : null]);
        if (toI < rows.length)
            result.push([...rows[i++], column[j++]]);
    }
    return result;
}

function align(columns, like) {
    return columns.slice(1).reduce((rows, column) => beside(rows, column, like),
        columns[0].map(item => [item]));
}

/* The names of the parts of all, in one order: who has no partner stays in place. */
function partNames(shown) {
    const same = (a, b) => a === b ? 1 : 0;
    return shown.map(model => model.parts.map(part => part.name)).reduce((all, names) => {
        const end = [all.length, names.length];
        const result = [];
        let i = 0, j = 0;
        for (const [toI, toJ] of [...pairs(all, names, same), end]) {
            result.push(...all.slice(i, toI), ...names.slice(j, toJ),
                ...all.slice(toI, toI + 1));
            i = toI + 1;
            j = toJ + 1;
        }
        return [...new Set(result)];
    });
}

/* ---- drawing ---- */

function element(name, attributes = {}, ...children) {
    const e = document.createElement(name);
    for (const [key, value] of Object.entries(attributes))
        e.setAttribute(key, value);
    e.append(...children);
    return e;
}

/* Which of a line's words all others have, too. */
function shared(line, others) {
    let common = line.words.map(() => true);
    for (const other of others) {
        const found = new Set(other && likeness(line, other) ?
            pairs(line.words, other.words, sameWord).map(pair => pair[0]) : []);
        common = common.map((yes, i) => yes && found.has(i));
    }
    return common;
}

function drawLine(line, others) {
    if (!line)
        return element('div', { class: 'line filler', 'aria-hidden': 'true' });
    const indent = line.text.match(/^ */)[0].length + 4;
    const box = element('div', { class: 'line', style: `--indent: ${indent}` });
    const same = others.every(other => other && other.bare === line.bare);
    const common = same ? [] : shared(line, others);
    const lone = !same && solid(line.words).length > 0
        && !line.words.some((word, i) => common[i] && /\S/.test(word.text));
    if (lone)
        box.classList.add('lone');
    let run = box, was = false;
    line.words.forEach((word, i) => {
        const blank = /^\s/.test(word.text);
        const marked = !same && !lone
            && (blank ? was && common[i + 1] === false : !common[i]);
        if (marked !== was)
            run = marked ? box.appendChild(element('mark')) : box;
        was = marked;
        const kind = blank && i > 0 && word.text.length > 2 ? 'gap' : word.kind;
        run.append(kind ? element('span', { class: kind }, word.text) : word.text);
    });
    return box;
}

function section(name, note, cells, extra = '') {
    const classes = 'cells' + (cells.length > 2 ? ' three' : '');
    return element('section', { id: name, class: extra },
        element('h2', { tabindex: '-1' }, name, element('small', {}, note)),
        element('div', { class: classes, style: `--n: ${cells.length}` }, ...cells));
}

function drawPart(name, shown) {
    const columns = shown.map(model =>
        model.parts.find(part => part.name === name)?.lines || []);
    const rows = align(columns, likeness);
    const same = shown.length > 1
        && rows.every(row => row.every(line => line && line.bare === row[0].bare));
    const style = `grid-row: span ${rows.length + 1}`;
    const cells = shown.map((model, n) => element('article',
        { 'aria-label': `${name} in ${model.name}`, style },
        element('h3', {}, model.name),
        ...(columns[n].length
            ? rows.map(row => drawLine(row[n], row.filter((_, other) => other !== n)))
            : [element('div', { class: 'none' }, 'has none')])));
    return section(name, same ? 'the same' : '', cells);
}

function pair(term, value) {
    return element('div', {}, element('dt', {}, term), element('dd', {}, String(value)));
}

function drawGlance(shown) {
    const cells = shown.map(model => element('article',
        { 'aria-label': model.name, style: 'grid-row: span 3' },
        element('h3', {}, model.name),
        element('p', {}, model.state || 'its opening comment does not say: State: …'),
        element('dl', {}, pair('lines of code', model.lines), ...(model.costs.length
            ? model.costs.map(([term, value]) => pair(term, value))
            : [pair('costs', model.skipped ? `skipped: it ${model.skipped}`
                : 'not measured yet: make experiments ONLY=12')]))));

    return section('Where does a client’s state live?', 'and what it costs', cells,
        'glance');
}

function draw() {
    const shown = chosen.map(place => models[place]);
    const names = partNames(shown);
    document.getElementById('parts').replaceChildren(drawGlance(shown),
        element('p', { class: 'small' }, `Costs of one message: ${card.from}, `
            + `${card.date}, ${card.machine}; ${card.command}. `
            + 'In brackets a 95 % interval.'),
        ...names.map(name => drawPart(name, shown)));
    document.getElementById('jumps').replaceChildren(...names.map(name => {
        const link = element('a', { href: `#${name}` }, name);
        link.addEventListener('click', event => {
            event.preventDefault();         /* the address keeps saying which models */
            goTo(document.getElementById(name));
        });
        return link;
    }));
    for (const button of document.querySelectorAll('#models button'))
        button.setAttribute('aria-pressed', chosen.includes(+button.value));
    document.title = shown.map(model => model.name).join(' and ') + ': side by side';
    document.getElementById('said').textContent =
        shown.map(model => model.name).join(', ')
        + (shown.length > 1 ? ' are shown' : ' is shown');
}

/* ---- choosing ---- */

const sections = () => [...document.querySelectorAll('main > section')];

/* The part that is being read: the last one whose heading has reached the bar. */
function current() {
    const bar = document.querySelector('nav').getBoundingClientRect().bottom + 40;
    return sections().filter(s => s.getBoundingClientRect().top < bar).pop();
}

/* What is being read stays where it is. */
function show(places) {
    const reading = current(), top = reading?.getBoundingClientRect().top;
    chosen = places;
    draw();
    const again = reading && window.scrollY > 0 && document.getElementById(reading.id);
    if (again)
        scrollBy({ top: again.getBoundingClientRect().top - top, behavior: 'instant' });
}

/* A fourth takes the place of the one that has been there longest; one always stays. */
function toggle(place) {
    if (!chosen.includes(place))
        show([...chosen, place].slice(-MOST));
    else if (chosen.length > 1)
        show(chosen.filter(other => other !== place));
    history.replaceState(null, '', '#' + chosen.map(n => models[n].name).join('+'));
}

function goTo(part) {
    part?.scrollIntoView();
    part?.querySelector('h2').focus({ preventScroll: true });
}

function step(by) {
    const all = sections();
    goTo(all[all.indexOf(current()) + by]);
}

document.addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey)
        return;
    const place = [...KEYS].indexOf(event.key);
    if (models[place])
        toggle(place);
    else if (event.key === 'j' || event.key === 'k')
        step(event.key === 'j' ? 1 : -1);
    else if (event.key === '0')
        window.scrollTo(0, 0);
});

models.forEach((model, n) => {
    const button = element('button', { type: 'button', value: n },
        ...(KEYS[n] ? [element('small', { 'aria-hidden': 'true' }, KEYS[n])] : []),
        model.name);
    button.addEventListener('click', () => toggle(n));
    document.getElementById('models').append(button);
});

/* models.html#fork+thread begins with these two. */
function asked() {
    const names = decodeURIComponent(location.hash.slice(1)).split('+');
    const places = names.map(name => models.findIndex(model => model.name === name));
    return places.includes(-1) ? null : places.slice(0, MOST);
}

const usual = ['thread', 'epoll'].map(name =>
    models.findIndex(model => model.name === name));
show(asked() || (usual.includes(-1) ? [0, 1].slice(0, models.length) : usual));
/* Where the bar is wider than the screen, the chosen ones come into sight. */
document.getElementById('models').scrollLeft =
    document.querySelector('[aria-pressed="true"]').offsetLeft - 16;
window.addEventListener('hashchange', () => { if (asked()) show(asked()); });
