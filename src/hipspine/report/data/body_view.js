/* The page: sliders to angles, angles to numbers, words and picture. */
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
      arm.low.setAttribute("d", one.low === null || low === 0 ? "" : `M${low} 6V16`) // an interval that leaves the scale has no end there
      arm.high.setAttribute("d", one.low === null || high === 200 ? "" : `M${high} 6V16`)
      arm.mid.setAttribute("d", `M${place(one.value)} 3V19`)
    })
    const length = told[region].length_norm, force = told[region].capacity_n
    row.more.textContent = `Fibres at ${said(length, (v) => v.toFixed(2), "")} of their best length; up to ${said(force, (v) => String(10 * Math.round(v / 10)), "\u00a0N")}.`
  }
}

function legend() {
  const axis = AXES.find((one) => one.key === state.colour), box = find("legend"), striped = painter.name === "WebGL"
  const key = (fill, words, stripes) => {
    const swatch = drawn("svg", { width: 26, height: 16, "aria-hidden": "true", focusable: "false" }, drawn("rect", { width: 26, height: 16, rx: 4, fill: `var(--${fill})` }))
    if (stripes) for (const x of [6, 13, 20]) swatch.append(drawn("path", { d: `M${x} 0V16`, stroke: "var(--surface)", "stroke-width": 2 }))
    return make("span", { class: "key" }, swatch, words)
  }
  if (axis) box.replaceChildren(key("minus", `minus: ${axis.ends[0]}`, false), key("zero", "0 mm", false), key("plus", `plus${striped ? ", striped" : ""}: ${axis.ends[1]}`, striped), make("span", {}, `full colour at ${data.full_mm} mm`))
  else box.replaceChildren(...["0–20 %", "20–40", "40–60", "60–80", "80–100"].map((words, k) => key(`m${k}`, words, false)), make("span", {}, "share of capacity, median"))
}

function update() {
  const begun = performance.now()
  const told = muscle.answer(angles())
  showNumbers(told)
  const words = headline(told), title = find("headline")
  if (title.textContent !== words) title.textContent = words
  find("extrapolated").hidden = !told.extrapolated
  REGIONS.forEach((region, k) => {
    const one = told[region][state.colour]
    const shown = state.colour === "demand" ? demandSaid(region) : direction(one) === OPEN ? `open [${signed(one.low)}, ${signed(one.high)}] mm` : `${signed(one.value)} mm`
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
  for (const region of REGIONS) labels.append(make("span", { class: "part" }, region))
  for (const side of SIDES) labels.append(make("span", { class: `bone ${side}` }, side === "left" ? "Left" : "Right"))
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
  const choices = [...AXES.map((axis) => [axis.key, `${axis.name}: ${axis.brief}`]), ...(data.demand.length ? [["demand", "Demand of an exercise"]] : [])]
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
    ? `Lever arms with the 90 % interval of ${muscle.members} variants of the muscle that the measurements accept alike; it is wider the further a posture lies from the measured ones. Between people, arms and forces differ more. “Open”: the interval holds both directions.`
    : "Lever arms of the best fit. This version holds no variants of the muscle, so no interval is shown."
  let dark = false // paper is light
  addEventListener("beforeprint", () => {
    dark = document.documentElement.dataset.theme === "dark"
    setTheme(false)
    update()
  })
  addEventListener("afterprint", () => setTheme(dark))
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
  courses: () => ({
    femur: [...sheets.femur.middle],
    tract: [...sheets.tract.middle],
    leaving: Array.from({ length: 2 * ACROSS }, (_, j) => leaving(...sheetRecords.slice(j * RECORD, j * RECORD + 3), ...sheetAnswers.slice(j * ANSWER + 6, j * ANSWER + 9))),
  }),
}
