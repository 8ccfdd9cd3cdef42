// Whether our parser of Solidity sees the functions that another one sees: node solidity.mjs PARSED.jsonl SOURCES.jsonl, the first what
// `formal parse` prints of the second, whose rows have a source. Prints how many functions have the same kind, name and bytes.
// Rows that the other parser refuses (old forms) are left out and counted. Fails below 95%.
import { readFileSync } from 'node:fs'
import parser from '@solidity-parser/parser'

const rows = (path) => readFileSync(path, 'utf8').split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line))
const parsed = rows(process.argv[2])
const sources = rows(process.argv[3])
const bytes = (source, at) => Buffer.byteLength(source.slice(0, at), 'utf8')

function theirs(source) {
    const found = []
    const put = (kind, node) => found.push(`${kind} ${node.name ?? ''} ${bytes(source, node.range[0])} ${bytes(source, node.range[1] + 1)}`)
    parser.visit(parser.parse(source, { range: true }), {
        FunctionDefinition: (node) => put('function', node),
        ModifierDefinition: (node) => put('modifier', node),
    })
    return found
}

// Both call a constructor, a fallback and a receive differently; the bytes say which one it is.
const ours = (row) => row.functions.map((f) => {
    const plain = f.kind === 'function' || f.kind === 'modifier' || f.name.split('.')[0] === f.name.split('.')[1]
    return `${f.kind === 'modifier' ? 'modifier' : 'function'} ${plain ? f.name.split('.').pop() : ''} ${f.from} ${f.to}`
})

let all = 0
let same = 0
let refused = 0
sources.forEach((row, i) => {
    let expected
    try {
        expected = theirs(row.source)
    } catch {
        refused++
        return
    }
    const mine = new Set(ours(parsed[i]))
    all += expected.length
    for (const f of expected) {
        if (mine.has(f)) same++
        else console.log(`${row.name}: not seen: ${f}`)
    }
})
console.log(`${same} of ${all} functions have the same span; ${refused} of ${sources.length} sources refused by the other parser`)
process.exit(same >= 0.95 * all && all > 0 ? 0 : 1)
