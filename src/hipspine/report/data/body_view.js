/* The page: sliders to angles, angles to numbers, words and picture. */
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

const field = { records: unpacked(data.field, Float64Array), region_of: data.region_of }
if (data.members) field.member_records = Float64Array.from(unpacked(data.members, Float32Array))
const muscle = muscleOf(field)
const sheetRecords = unpacked(data.sheet, Float64Array), ACROSS = data.sheet_lines
const sheetAnswers = new Float64Array(2 * ACROSS * ANSWER)

// ---- words
const minus = (text) => String(text).replace("-", "−")
const rounded = (value) => (Math.abs(value) < 0.5 ? 0 : Math.round(value))
const signed = (value) => (rounded(value) > 0 ? `+${rounded(value)}` : minus(rounded(value)))
const AXES = [
  { key: "flexion_mm", name: "Bend", does: ["extends", "bends"], all: ["extends the hip", "bends the hip"], hardly: "hardly bends or extends it", ends: ["extends", "flexes"] },
  { key: "adduction_mm", name: "Sideways", does: ["abducts", "adducts"], all: ["draws the thigh out to the side", "draws the thigh inward"], hardly: "hardly moves it sideways", ends: ["out (abducts)", "in (adducts)"] },
  { key: "rotation_mm", name: "Turn", does: ["external rotator", "internal rotator"], all: ["turns the thigh outward", "turns the thigh inward"], hardly: "hardly turns it", ends: ["outward (external)", "inward (internal)"] },
]
/** -1, 0, 1: what an arm does; 0 where it is little, or where the interval holds both signs. */
const direction = ({ value, low, high }) => (Math.abs(value) < data.little_mm || (low !== null && low < 0 && high > 0) ? 0 : Math.sign(value))
const listed = (parts) => (parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`)

function regionInWords(told) {
  const parts = AXES.filter((axis) => direction(told[axis.key])).map((axis) => `${axis.does[told[axis.key].value > 0 ? 1 : 0]} ${Math.abs(rounded(told[axis.key].value))}\u00a0mm`)
  return parts.length ? parts.join(", ") : "hardly any lever arm in this posture"
}

/** One or two sentences on all regions; first what they share, then where they part. */
function headline(told) {
  const shared = [], parted = []
  for (const axis of AXES) {
    const ways = REGIONS.map((region) => direction(told[region][axis.key]))
    const phrase = (way) => (way ? axis.all[way > 0 ? 1 : 0] : axis.hardly)
    if (ways.every((way) => way === ways[0])) {
      if (ways[0]) shared.push(phrase(ways[0]))
    } else {
      const groups = [...new Set(ways)].map((way) => [REGIONS.filter((_, k) => ways[k] === way), way])
      parted.push(groups.map(([regions, way], k) => `${k ? "the" : "The"} ${listed(regions)} ${regions.length > 1 ? "parts" : "part"} ${number(phrase(way), regions.length)}`).join(", ") + ".")
    }
  }
  const first = shared.length ? `Here all of the muscle ${listed(shared)}.` : "Here its parts do different things."
  return [first, ...parted].join(" ")
}
/** "turns it" for one part, "turn it" for two. */
const number = (phrase, count) => (count > 1 ? phrase.replace(/^(hardly )?(\w+?)s\b/, "$1$2") : phrase)

// ---- state
const START_FAR = 1.12
const START = { flexion: 0, adduction: 0, rotation: 0, knee: 0 }
const state = { ...START, side: "right", colour: "flexion_mm", layer: "both", exercise: 0, view: "oblique", yaw: 0, pitch: 0, far: 0 }
const SLIDERS = [
  { key: "flexion", name: "Hip: bend", low: -30, high: 130, words: ["extended", "bent"] },
  { key: "adduction", name: "Hip: sideways", low: -50, high: 40, words: ["out", "in"] },
  { key: "rotation", name: "Hip: turn", low: -50, high: 50, words: ["outward", "inward"] },
  { key: "knee", name: "Knee: bend", low: 0, high: 140, words: ["", "bent"] },
]
const PRESETS = [
  ["Standing", START],
  ["Sitting", { flexion: 90, adduction: 0, rotation: 0, knee: 90 }],
  ["Deep squat", { flexion: 115, adduction: -15, rotation: 10, knee: 125 }],
  ["Prone leg lift", { flexion: -15, adduction: 0, rotation: 0, knee: 0 }],
  ["Clam", { flexion: 45, adduction: -30, rotation: -30, knee: 80 }],
]
const VIEWS = { behind: [0, 6], oblique: [42, 10], outside: [88, 6], front: [165, 6], below: [20, -38] }
const angles = () => [state.flexion, state.adduction, state.rotation, state.knee]
const posture = (key) => {
  const { words } = SLIDERS.find((one) => one.key === key), value = state[key]
  return `${Math.abs(value)}°${value ? ` ${words[value > 0 ? 1 : 0]}` : ""}`
}

/** Whether no measurement covers a posture: one of the postures round it, on a grid that was asked beforehand, is marked. */
function isExtrapolated(at) {
  if (!data.extrapolated) return false
  const { counts, first, step } = data.extrapolated
  const round = [0, 1, 2].map((axis) => {
    const place = Math.min(Math.max((at[axis] - first[axis]) / step, 0), counts[axis] - 1)
    return [...new Set([Math.floor(place), Math.ceil(place)])]
  })
  return round[0].some((i) => round[1].some((j) => round[2].some((k) => {
    const n = (i * counts[1] + j) * counts[2] + k
    return ((extrapolatedBits[n >> 3] >> (7 - (n & 7))) & 1) === 1
  })))
}
const extrapolatedBits = data.extrapolated ? unpacked(data.extrapolated.bits, Uint8Array) : null

// ---- scene
const canvas = find("scene"), labels = document.querySelector(".labels")
const painter = (data.force_plain ? null : webglPainter(canvas)) ?? flatPainter(canvas)
const bones = Object.fromEntries(Object.entries(data.bones).map(([name, { points, triangles }]) => {
  const whole = Float32Array.from(unpacked(points, Int16Array), (value) => value * data.bone_step_m)
  const mesh = { points: whole, normals: new Float32Array(whole.length), triangles: unpacked(triangles, Uint16Array) }
  smoothNormals(mesh)
  return [name, mesh]
}))
const sheets = { femur: emptySheet(ACROSS), tract: emptySheet(ACROSS) }
const band = emptyTract()
band.bothFaces = true
for (const sheet of Object.values(sheets)) {
  sheet.bothFaces = true
  sheet.weave = new Float32Array(sheet.points.length)
  sheet.along.forEach((u, v) => sheet.weave.set([u, (v % (STEPS + 1)) / STEPS, 0], 3 * v))
}
const still = [1, 0, 0, 0, 1, 0, 0, 0, 1]
let palette = {}

function readPalette() {
  const style = getComputedStyle(document.documentElement)
  const hex = (name) => {
    const text = style.getPropertyValue(`--${name}`).trim()
    return [1, 3, 5].map((k) => parseInt(text.slice(k, k + 2), 16) / 255)
  }
  palette = Object.fromEntries(["bone", "bone-far", "fascia", "minus", "minus-mid", "zero", "plus-mid", "plus", "m0", "m1", "m2", "m3", "m4", "deep"].map((name) => [name, hex(name)]))
}
const mix = (a, b, share) => a.map((v, k) => v + share * (b[k] - v))
function ramp(stops, share) {
  const at = Math.min(Math.max(share, 0), 1) * (stops.length - 1), low = Math.min(Math.floor(at), stops.length - 2)
  return mix(stops[low], stops[low + 1], at - low)
}
const diverging = (mm) => ramp(["minus", "minus-mid", "zero", "plus-mid", "plus"].map((name) => palette[name]), 0.5 + (0.5 * mm) / data.full_mm)
const demandColour = (share) => ramp(["m0", "m1", "m2", "m3", "m4"].map((name) => palette[name]), share)

/** Colours of a layer: each line by its own arm, or each region by its demand. */
function colourSheet(sheet, first) {
  const rows = STEPS + 1, axis = AXES.findIndex((one) => one.key === state.colour), face = ACROSS * rows
  for (let j = 0; j < ACROSS; j++) {
    const mm = axis < 0 ? 0 : 1e3 * sheetAnswers[(first + j) * ANSWER + 1 + axis]
    const region = REGIONS[Math.min(Math.floor((3 * (j + 0.5)) / ACROSS), 2)]
    const colour = axis < 0 ? demandColour(data.demand[state.exercise].regions[region].median) : diverging(mm)
    for (let s = 0; s < rows; s++) {
      for (const v of [j * rows + s, face + j * rows + s]) {
        sheet.colours.set(colour, 3 * v)
        sheet.weave[3 * v + 2] = mm
      }
    }
  }
}

function scene() {
  const r = rotation(angles()), mirror = state.side === "right" ? 1 : -1
  const bend = -state.knee * RADIANS, shin = [Math.cos(bend), -Math.sin(bend), 0, Math.sin(bend), Math.cos(bend), 0, 0, 0, 1]
  const glide = bend * 0.68, cap = [Math.cos(glide), -Math.sin(glide), 0, Math.sin(glide), Math.cos(glide), 0, 0, 0, 1]
  const hip = data.hip_centre_m, shift = hip.map((v) => -v), knee = data.knee_centre_m
  const times = (a, b) => [0, 1, 2].flatMap((row) => [0, 1, 2].map((column) => a[3 * row] * b[column] + a[3 * row + 1] * b[3 + column] + a[3 * row + 2] * b[6 + column]))
  answerLines(sheetRecords, 0, 2 * ACROSS, angles(), sheetAnswers)
  layCourse(sheets.femur, sheetRecords, 0, sheetAnswers, r, FEMUR_END)
  layCourse(sheets.tract, sheetRecords, ACROSS, sheetAnswers, r, TRACT_END)
  thicken(sheets.femur, DEEP_THICKNESS, 0.004)
  thicken(sheets.tract, TOP_THICKNESS, 0.016)
  colourSheet(sheets.femur, 0)
  colourSheet(sheets.tract, ACROSS)
  layTract(band, r, shin, knee)
  for (const mesh of [sheets.femur, sheets.tract, band]) mesh.version = (mesh.version ?? 0) + 1
  // everything stands in the frame of the moving hip; what belongs to the other side is mirrored at the body's middle
  const near = (mesh, turned, at, colour) => ({ mesh, turn: turned, shift: at, mirror, colour })
  const far = (mesh, turned, at, colour) => ({ mesh, turn: [...turned.slice(0, 6), ...turned.slice(6).map((v) => -v)], shift: [at[0], at[1], -at[2] - 2 * hip[2]], mirror, colour })
  const kneeAt = turn(r, knee), capMiddle = knee.map((v, k) => v - turn(cap, knee)[k])
  const bone = palette.bone, faint = palette["bone-far"]
  const things = [near(bones.hip_bone, still, shift, bone), far(bones.hip_bone, still, shift, faint)]
  for (const name of ["sacrum", "L5", "L4", "L3"]) things.push(near(bones[name], still, shift, bone))
  things.push(near(bones.femur, r, [0, 0, 0], bone), near(bones.tibia, times(r, shin), kneeAt, bone), near(bones.patella, times(r, cap), turn(r, capMiddle), bone))
  things.push(far(bones.femur, still, [0, 0, 0], faint))
  if (state.layer !== "tract") things.push(near(sheets.femur, still, [0, 0, 0]))
  if (state.layer !== "femur") things.push(near(sheets.tract, still, [0, 0, 0]), near(band, still, [0, 0, 0], palette.fascia))
  return { things, mirror }
}

function paint() {
  const ratio = painter.name === "WebGL" ? pixels() : Math.min(window.devicePixelRatio || 1, 2), width = canvas.clientWidth, height = canvas.clientHeight
  if (!width || !height) return
  const sized = [Math.round(width * ratio), Math.round(height * ratio)]
  if (canvas.width !== sized[0] || canvas.height !== sized[1]) [canvas.width, canvas.height] = sized
  const { things, mirror } = scene()
  const camera = cameraOf({ yaw: state.yaw, pitch: state.pitch, far: state.far, target: aim(mirror), width, height })
  painter.paint(things, camera, document.documentElement.dataset.theme === "dark")
  placeLabels(camera, mirror)
}

/** Where the eye looks: at the hip, a little towards where the thigh points. */
function aim(mirror) {
  const bend = state.flexion * RADIANS
  return [-0.01 + 0.07 * Math.sin(bend), -0.045 - 0.03 * Math.cos(bend), -0.02 * mirror]
}

function placeLabels(camera, mirror) {
  const sheet = state.layer === "femur" ? sheets.femur : sheets.tract, rows = STEPS + 1
  let above = -Infinity
  const places = REGIONS.map((_, k) => {
    const v = 3 * (Math.round(((k + 0.5) / 3) * (ACROSS - 1)) * rows + Math.round(0.42 * STEPS))
    const point = [sheet.points[v], sheet.points[v + 1], sheet.points[v + 2] * mirror], normal = [sheet.normals[v], sheet.normals[v + 1], sheet.normals[v + 2] * mirror]
    const towards = camera.eye.map((value, i) => value - point[i]), [x, y] = camera.seen(point)
    const hidden = dot(normal, towards) < 0 || x < 30 || y < 12 || x > canvas.clientWidth - 30 || y > canvas.clientHeight - 40
    return { label: labels.children[k], x: Math.min(Math.max(x, 80), canvas.clientWidth - 80), y, hidden }
  })
  for (const { label, hidden } of places) label.hidden = hidden
  for (const place of places.filter((one) => !one.hidden).sort((one, other) => one.y - other.y)) {
    above = Math.max(place.y, above + 24) // labels keep clear of each other
    place.label.style.transform = `translate(${place.x.toFixed(1)}px,${above.toFixed(1)}px) translate(-50%,-50%)`
  }
}

// ---- numbers
const rows = {}
function buildRegions() {
  for (const region of [...REGIONS, "whole"]) {
    const title = region === "whole" ? "Whole muscle" : `${region[0].toUpperCase()}${region.slice(1)} part`
    const does = make("p", { class: "does" }), more = make("p", { class: "small muted" }), list = make("dl")
    const arms = AXES.map((axis) => {
      const value = make("span", { class: "nb" }), chart = drawn("svg", { viewBox: "0 0 200 22", preserveAspectRatio: "none", "aria-hidden": "true", focusable: "false" })
      const lasting = { "vector-effect": "non-scaling-stroke" }
      const partsOf = { band: drawn("rect", { class: "band", y: 5, height: 12 }), low: drawn("path", { class: "tick", ...lasting }), high: drawn("path", { class: "tick", ...lasting }), mid: drawn("path", { class: "mid", ...lasting }) }
      chart.append(drawn("path", { class: "axis", d: "M0 11H200", ...lasting }), drawn("path", { class: "nil", d: "M100 0V22", ...lasting }), ...Object.values(partsOf))
      list.append(make("div", { class: "arm" }, make("dt", {}, axis.name), make("dd", {}, value, chart)))
      return { value, ...partsOf }
    })
    rows[region] = { does, more, arms }
    find("regions").append(make("div", { class: "region" }, make("h3", {}, title), does, list, more))
  }
}

const said = ({ value, low, high }, show, unit) => `${show(value)}${unit}${low === null ? "" : ` [${show(low)}, ${show(high)}]`}`
function showNumbers(told) {
  const place = (mm) => 100 + (100 * Math.min(Math.max(mm, -data.full_mm * 1.33), data.full_mm * 1.33)) / (data.full_mm * 1.33)
  for (const [region, row] of Object.entries(rows)) {
    row.does.textContent = regionInWords(told[region])
    AXES.forEach((axis, k) => {
      const one = told[region][axis.key], arm = row.arms[k], low = place(one.low ?? one.value), high = place(one.high ?? one.value)
      arm.value.textContent = said(one, signed, "\u00a0mm")
      arm.band.setAttribute("x", low)
      arm.band.setAttribute("width", high - low)
      arm.low.setAttribute("d", one.low === null ? "" : `M${low} 6V16`)
      arm.high.setAttribute("d", one.low === null ? "" : `M${high} 6V16`)
      arm.mid.setAttribute("d", `M${place(one.value)} 3V19`)
    })
    const length = told[region].length_norm, force = told[region].capacity_n
    row.more.textContent = `Fibres at ${said(length, (v) => v.toFixed(2), "")} of their best length; up to ${said(force, (v) => String(10 * Math.round(v / 10)), "\u00a0N")}.`
  }
}

function legend() {
  const axis = AXES.find((one) => one.key === state.colour), box = find("legend")
  const key = (fill, words, striped) => {
    const swatch = drawn("svg", { width: 26, height: 16, "aria-hidden": "true", focusable: "false" }, drawn("rect", { width: 26, height: 16, rx: 4, fill: `var(--${fill})` }))
    if (striped) for (const x of [6, 13, 20]) swatch.append(drawn("path", { d: `M${x} 0V16`, stroke: "var(--surface)", "stroke-width": 2 }))
    return make("span", { class: "key" }, swatch, words)
  }
  if (axis) box.replaceChildren(key("minus", `minus: ${axis.ends[0]}`, false), key("zero", "0 mm", false), key("plus", `plus, striped: ${axis.ends[1]}`, true), make("span", {}, `full colour at ${data.full_mm} mm`))
  else box.replaceChildren(...["0–20 %", "20–40", "40–60", "60–80", "80–100"].map((words, k) => key(`m${k}`, words, false)), make("span", {}, "share of capacity, median"))
}

// ---- everything at once
function update() {
  const begun = performance.now()
  const told = muscle.answer(angles())
  showNumbers(told)
  const words = headline(told), title = find("headline")
  if (title.textContent !== words) title.textContent = words
  find("extrapolated").hidden = !isExtrapolated(angles())
  REGIONS.forEach((region, k) => {
    const shown = state.colour === "demand" ? demandSaid(region) : `${signed(told[region][state.colour].value)} mm`
    labels.children[k].textContent = `${region[0].toUpperCase()}${region.slice(1)} ${shown}`
  })
  for (const { key } of SLIDERS) {
    const slider = find(key), text = posture(key)
    if (Number(slider.value) !== state[key]) slider.value = state[key]
    slider.setAttribute("aria-valuetext", text)
    slider.nextElementSibling.textContent = text
  }
  paint()
  canvas.setAttribute("aria-label", `Pelvis and ${state.side} thigh with gluteus maximus. ${words}`)
  return performance.now() - begun
}
const percent = (share) => Math.round(100 * share)
function demandSaid(region) {
  const { median, low, high } = data.demand[state.exercise].regions[region]
  return `${percent(median)} %${low == null ? "" : ` [${percent(low)}, ${percent(high)}]`}`
}

// While something moves, the picture has the screen's own pixels, or fewer where frames come late; at rest it is drawn finer, which smooths its edges.
let waiting = false, rest = null, lastFrame = 0, late = 0, moving = false
const pixels = () => Math.min(window.devicePixelRatio || 1, 2) * (moving ? (late > 3 ? 0.6 : 1) : Math.min(2, 3 / (window.devicePixelRatio || 1)))
function later() {
  if (waiting) return
  waiting = true
  requestAnimationFrame((now) => {
    waiting = false
    if (moving) late = Math.min(Math.max(late + (now - lastFrame > 24 ? 1 : -0.25), 0), 8)
    lastFrame = now
    moving = true
    update()
    clearTimeout(rest)
    rest = setTimeout(() => {
      moving = false
      paint()
    }, 180)
  })
}

function press() {
  for (const button of document.querySelectorAll("[data-side]")) button.setAttribute("aria-pressed", String(button.dataset.side === state.side))
  for (const button of document.querySelectorAll("[data-view]")) button.setAttribute("aria-pressed", String(button.dataset.view === state.view))
  const chip = find("side-chip")
  chip.className = `chip ${state.side}`
  chip.textContent = `${state.side === "left" ? "Left" : "Right"} leg moves`
}

function look(view) {
  state.view = view
  const [yaw, pitch] = VIEWS[view]
  state.yaw = state.side === "right" ? yaw : -yaw
  state.pitch = pitch
  press()
  later()
}

/** Go to a posture; the way there is shown, unless the person wishes less motion. */
function go(aim) {
  const from = { ...state }, begun = performance.now(), lasts = matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 350
  const token = (go.token = {})
  const step = (now) => {
    if (go.token !== token) return
    const share = lasts ? Math.min(Math.max((now - begun) / lasts, 0), 1) : 1, eased = share * share * (3 - 2 * share)
    for (const key of Object.keys(START)) state[key] = share < 1 ? Math.round(from[key] + eased * (aim[key] - from[key])) : aim[key]
    later()
    if (share < 1) requestAnimationFrame(step)
  }
  step(begun)
}

function setTheme(dark) {
  document.documentElement.dataset.theme = dark ? "dark" : "light"
  find("theme").setAttribute("aria-pressed", String(dark))
  readPalette()
  later()
}

/** What the address says after its #, such as `#flexion=90&side=left&colour=rotation_mm&view=behind&theme=dark`; unknown words are left aside. */
function fromAddress() {
  const asked = new URLSearchParams(location.hash.slice(1))
  for (const { key, low, high } of SLIDERS) {
    const value = Number(asked.get(key) ?? NaN)
    if (Number.isFinite(value)) state[key] = Math.min(Math.max(value, low), high)
  }
  for (const id of ["colour", "layer"]) {
    if ([...find(id).options].some((option) => option.value === asked.get(id))) state[id] = find(id).value = asked.get(id)
  }
  if (["left", "right"].includes(asked.get("side"))) state.side = asked.get("side")
  if (asked.get("view") in VIEWS || state.view) look(asked.get("view") in VIEWS ? asked.get("view") : state.view)
  if (["dark", "light"].includes(asked.get("theme"))) setTheme(asked.get("theme") === "dark")
  find("exercise-field").hidden = state.colour !== "demand"
  legend()
}

function build() {
  for (const region of REGIONS) labels.append(make("span", {}, region))
  buildRegions()
  for (const { key, name, low, high } of SLIDERS) {
    const slider = make("input", { type: "range", id: key, min: low, max: high, step: 1, value: state[key] })
    slider.addEventListener("input", () => {
      go.token = null
      state[key] = Number(slider.value)
      later()
    })
    const box = make("div", { class: "slider" }, make("label", { for: key }, name), slider, make("output", { for: key }))
    find("sliders").append(box)
  }
  for (const [name, aim] of [...PRESETS, ["Reset", null]]) {
    const button = make("button", { type: "button", class: "button" }, name)
    button.addEventListener("click", () => {
      if (!aim) {
        state.far = START_FAR
        look("oblique")
      }
      go(aim ?? START)
    })
    find("presets").append(button)
  }
  const choices = [...AXES.map((axis) => [axis.key, `${axis.name}: ${axis.ends.join(", ")}`]), ...(data.demand.length ? [["demand", "Demand of an exercise"]] : [])]
  for (const [value, words] of choices) find("colour").append(make("option", { value }, words))
  data.demand.forEach((one, k) => find("exercise").append(make("option", { value: k }, one.name)))
  const choose = (id, act) => find(id).addEventListener("change", (event) => {
    act(event.target.value)
    find("exercise-field").hidden = state.colour !== "demand"
    legend()
    later()
  })
  choose("colour", (value) => (state.colour = value))
  choose("layer", (value) => (state.layer = value))
  choose("exercise", (value) => (state.exercise = Number(value)))
  for (const button of document.querySelectorAll("[data-side]")) button.addEventListener("click", () => {
    if (state.side !== button.dataset.side) state.yaw = -state.yaw
    state.side = button.dataset.side
    press()
    later()
  })
  for (const button of document.querySelectorAll("[data-view]")) button.addEventListener("click", () => look(button.dataset.view))
  const zoom = (factor) => {
    state.far = Math.min(Math.max(state.far * factor, 0.6), 3)
    later()
  }
  for (const button of document.querySelectorAll("[data-zoom]")) button.addEventListener("click", () => zoom(Number(button.dataset.zoom)))
  const orbit = (yaw, pitch) => {
    state.view = ""
    state.yaw += yaw
    state.pitch = Math.min(Math.max(state.pitch + pitch, -75), 75)
    press()
    later()
  }
  canvas.addEventListener("keydown", (event) => {
    const turned = { ArrowLeft: [-8, 0], ArrowRight: [8, 0], ArrowUp: [0, 8], ArrowDown: [0, -8] }[event.key]
    if (turned) orbit(...turned)
    else if (event.key === "+" || event.key === "-") zoom(event.key === "+" ? 0.8 : 1.25)
    else return
    event.preventDefault()
  })
  let held = null
  canvas.addEventListener("pointerdown", (event) => {
    held = [event.clientX, event.clientY]
    canvas.setPointerCapture(event.pointerId)
  })
  canvas.addEventListener("pointermove", (event) => {
    if (!held) return
    orbit(-0.5 * (event.clientX - held[0]), 0.4 * (event.clientY - held[1]))
    held = [event.clientX, event.clientY]
  })
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => (held = null))
  find("theme").addEventListener("click", () => setTheme(document.documentElement.dataset.theme !== "dark"))
  find("interval-note").textContent = muscle.members
    ? `Lever arms with the 90 % interval of ${muscle.members} variants of the muscle that the measurements accept alike.`
    : "Lever arms of the best fit. This version holds no variants of the muscle, so no interval is shown."
  new ResizeObserver(later).observe(canvas)
  state.far = START_FAR
  if (data.demand.length && !data.start_with_arms) {
    state.colour = "demand"
    find("colour").value = "demand"
    find("exercise-field").hidden = false
  }
  legend()
  look("oblique")
  setTheme(matchMedia("(prefers-color-scheme: dark)").matches)
  fromAddress()
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", (event) => setTheme(event.matches))
  update()
}
build()
// for tests and for people who script the page
globalThis.hipspineBody = {
  answer: (flexion, adduction, rotated, knee = 0) => muscle.answer([flexion, adduction, rotated, knee]),
  set: (values) => {
    moving = true
    Object.assign(state, values)
    press()
    legend()
    return update()
  },
  finish: () => painter.finish(),
  painter: painter.name,
  members: muscle.members,
  extrapolated: (...at) => isExtrapolated(at),
  courses: () => ({
    femur: [...sheets.femur.middle],
    tract: [...sheets.tract.middle],
    leaving: Array.from({ length: 2 * ACROSS }, (_, j) => leaving(...sheetRecords.slice(j * RECORD, j * RECORD + 3), ...sheetAnswers.slice(j * ANSWER + 6, j * ANSWER + 9))),
  }),
}
