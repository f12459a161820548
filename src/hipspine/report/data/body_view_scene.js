/* What can be set, and the picture that follows from it. */
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
const SIDES = ["left", "right"]
/** The same canvas anew: one that was asked for WebGL in vain gives no other context. */
function fresh(used) {
  const made = used.cloneNode()
  used.replaceWith(made)
  return made
}
const VIEWS = { behind: [0, 6], oblique: [42, 10], outside: [88, 6], front: [165, 6], below: [20, -38] }
const angles = () => [state.flexion, state.adduction, state.rotation, state.knee]
const posture = (key) => {
  const { words } = SLIDERS.find((one) => one.key === key), value = state[key]
  return `${Math.abs(value)}°${value ? ` ${words[value > 0 ? 1 : 0]}` : ""}`
}

let canvas = find("scene")
const labels = document.querySelector(".labels")
const painter = (data.force_plain ? null : webglPainter(canvas)) ?? flatPainter((canvas = fresh(canvas)))
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
    return { label: labels.children[k], x: Math.min(Math.max(x, 96), canvas.clientWidth - 96), y, hidden }
  })
  for (const { label, hidden } of places) label.hidden = hidden
  const sides = SIDES.map((side) => {
    const sign = side === "right" ? 1 : -1
    return camera.seen([0.02, 0.145, sign * (data.hip_centre_m[2] + 0.045) - mirror * data.hip_centre_m[2]])
  })
  const [left, right] = sides, covers = Math.abs(left[0] - right[0]) < 60 && Math.abs(left[1] - right[1]) < 24
  sides.forEach(([x, y, off], k) => {
    const label = labels.children[REGIONS.length + k], behind = covers && off > sides[1 - k][2] // seen from the side, only the near one is named
    label.hidden = behind || y < 14 || y > canvas.clientHeight - 14
    label.style.transform = `translate(${x.toFixed(1)}px,${y.toFixed(1)}px) translate(-50%,-50%)`
  })
  for (const place of places.filter((one) => !one.hidden).sort((one, other) => one.y - other.y)) {
    above = Math.max(place.y, above + 24) // labels keep clear of each other
    place.label.style.transform = `translate(${place.x.toFixed(1)}px,${above.toFixed(1)}px) translate(-50%,-50%)`
  }
}

