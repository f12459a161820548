/* What the file holds, made ready, and numbers as words. */
const data = JSON.parse(document.getElementById("data").textContent)
const find = (id) => document.getElementById(id)
const make = (tag, attributes = {}, ...children) => {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  made.append(...children)
  return made
}
const SVG = "http://www.w3.org/2000/svg"
const drawn = (tag, attributes = {}, ...children) => {
  const made = document.createElementNS(SVG, tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  made.append(...children)
  return made
}
/** Little-endian numbers out of base64; every machine that shows this page is little-endian. */
const unpacked = (text, kind) => new kind(Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0)).buffer)

const field = { records: unpacked(data.field, Float64Array), region_of: data.region_of, covered: data.covered }
if (data.members) field.member_records = Float64Array.from(unpacked(data.members, Float32Array))
const muscle = muscleOf(field)
const sheetRecords = unpacked(data.sheet, Float64Array), ACROSS = data.sheet_lines
const sheetAnswers = new Float64Array(2 * ACROSS * ANSWER)

const minus = (text) => String(text).replace("-", "−")
const rounded = (value) => (Math.abs(value) < 0.5 ? 0 : Math.round(value))
const signed = (value) => (rounded(value) > 0 ? `+${rounded(value)}` : minus(rounded(value)))
const AXES = [
  { key: "flexion_mm", name: "Bend", does: ["extends", "bends"], all: ["extends the hip", "bends the hip"], hardly: "hardly bends or extends it", open: "may bend or extend it", plane: "bends or extends the hip", brief: "extends, flexes", ends: ["extends", "flexes"] },
  { key: "adduction_mm", name: "Sideways", does: ["abducts", "adducts"], all: ["draws the thigh out to the side", "draws the thigh inward"], hardly: "hardly moves it sideways", open: "may draw it out or in", plane: "draws the thigh out or in", brief: "out, in", ends: ["out (abducts)", "in (adducts)"] },
  { key: "rotation_mm", name: "Turn", does: ["external rotator", "internal rotator"], all: ["turns the thigh outward", "turns the thigh inward"], hardly: "hardly turns it", open: "may turn it either way", plane: "turns the thigh outward or inward", brief: "outward, inward", ends: ["outward (external)", "inward (internal)"] },
]
/** What an arm does: -1, 1; 0 where it is little; OPEN where the interval holds both signs and is more than a little about zero. */
const OPEN = 2
function direction({ value, low, high }) {
  const little = Math.abs(rounded(value)) < data.little_mm // as it is shown: "5 mm" is never "hardly"
  if (low !== null && low < 0 && high > 0 && !(little && high - low <= 2 * data.little_mm)) return OPEN
  return little ? 0 : Math.sign(value)
}
const listed = (parts) => (parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`)

function regionInWords(told) {
  const parts = [], open = []
  for (const axis of AXES) {
    const way = direction(told[axis.key])
    if (way === OPEN) open.push(axis.name.toLowerCase())
    else if (way) parts.push(`${axis.does[way > 0 ? 1 : 0]} ${Math.abs(rounded(told[axis.key].value))}\u00a0mm`)
  }
  if (open.length) parts.push(`open: ${listed(open)}`)
  return parts.length ? parts.join(", ") : "hardly any lever arm in this posture"
}

/** One or two sentences on all regions; first what they share, then where they part. */
function headline(told) {
  const shared = [], parted = [], open = []
  for (const axis of AXES) {
    const ways = REGIONS.map((region) => direction(told[region][axis.key]))
    const phrase = (way) => (way === OPEN ? axis.open : way ? axis.all[way > 0 ? 1 : 0] : axis.hardly)
    if (ways.every((way) => way === ways[0])) {
      if (ways[0] === OPEN) open.push(axis.plane)
      else if (ways[0]) shared.push(phrase(ways[0]))
    } else {
      const groups = [...new Set(ways)].map((way) => [REGIONS.filter((_, k) => ways[k] === way), way])
      parted.push(groups.map(([regions, way], k) => `${k ? "the" : "The"} ${listed(regions)} ${regions.length > 1 ? "parts" : "part"} ${number(phrase(way), regions.length)}`).join(", ") + ".")
    }
  }
  if (shared.length) parted.unshift(`Here all of the muscle ${listed(shared)}.`)
  else if (parted.length) parted.unshift("Here its parts do different things.")
  if (open.length) parted.push(`Whether the muscle ${listed(open)} is open.`)
  return parted.join(" ") || "Here the muscle has hardly any lever arm."
}
/** "turns it" for one part, "turn it" for two. */
const number = (phrase, count) => (count > 1 ? phrase.replace(/^(hardly )?(\w+?)s\b/, "$1$2") : phrase)

