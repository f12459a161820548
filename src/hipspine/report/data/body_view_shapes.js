/* What is drawn of the muscle: a sheet with thickness between origin and insertion. Exact: where each line leaves the pelvis, and the direction
   in which it leaves. Drawn by eye: its course from there, its thickness, its end on the femur or on the iliotibial tract. Metres, pelvis
   frame with the origin at the hip centre. */
const STEPS = 16 // along a line
const FEMUR_END = [[-0.032, -0.056, 0.047], [-0.021, -0.1, 0.0455], [-0.012, -0.145, 0.0415]] // gluteal tuberosity: upper, middle, lower
const TRACT_END = [[-0.017, 0.012, 0.071], [-0.026, -0.05, 0.0735], [-0.029, -0.125, 0.0685]] // hind edge of the tract beside the trochanter
const TRACT_CREST = [[0.012, 0.118, 0.052, 0.03], [0.011, 0.075, 0.0665, 0.031]] // middle of the tract and half its width: at the pelvis,
const TRACT = [ // along the thigh,
  [-0.006, -0.01, 0.0735, 0.028], [-0.009, -0.05, 0.0745, 0.026], [-0.0105, -0.12, 0.07, 0.022],
  [-0.008, -0.22, 0.062, 0.017], [-0.004, -0.33, 0.0535, 0.013], [-0.003, -0.39, 0.047, 0.011],
] // and at the shin
const TRACT_SHIN = [[0.0, -0.02, 0.045, 0.0105], [-0.002, -0.047, 0.034, 0.009]]
const TOP_THICKNESS = 0.019, DEEP_THICKNESS = 0.011 // half thickness in the middle of each layer
const KEEP_OUT = [[0, 0, 0, 0.036, false], [-0.036, -0.05, -0.024, 0.028, false]] // balls about hip joint and seat bone: x y z radius, moves with the femur

const turn = (r, p) => [r[0] * p[0] + r[1] * p[1] + r[2] * p[2], r[3] * p[0] + r[4] * p[1] + r[5] * p[2], r[6] * p[0] + r[7] * p[1] + r[8] * p[2]]

/** A point on the parabola through three points given at 0, 1/2, 1. */
function through(three, u) {
  const a = (1 - u) * (1 - 2 * u), b = 4 * u * (1 - u), c = u * (2 * u - 1)
  return [0, 1, 2].map((k) => a * three[0][k] + b * three[1][k] + c * three[2][k])
}

/** Direction in which a line leaves the pelvis, from its origin and the moment of its unit pull about the hip (as hipspine.mechanics.arms.pulls, reversed). */
function leaving(ax, ay, az, mx, my, mz) {
  const reach = ax * ax + ay * ay + az * az
  const along = Math.sqrt(Math.max(1 - (mx * mx + my * my + mz * mz) / reach, 0) / reach)
  return [-ax * along - (my * az - mz * ay) / reach, -ay * along - (mz * ax - mx * az) / reach, -az * along - (mx * ay - my * ax) / reach]
}

/** An empty sheet of `across` lines: a closed skin of two faces over one grid of points. */
function emptySheet(across) {
  const rows = STEPS + 1, face = across * rows, triangles = []
  const quad = (a, b, c, d) => triangles.push(a, b, c, a, c, d)
  for (let j = 0; j < across - 1; j++) {
    for (let s = 0; s < STEPS; s++) {
      const a = j * rows + s, b = a + rows
      quad(a, b, b + 1, a + 1)
      quad(face + a, face + a + 1, face + b + 1, face + b)
    }
  }
  for (const j of [0, across - 1]) for (let s = 0; s < STEPS; s++) quad(j * rows + s, j * rows + s + 1, face + j * rows + s + 1, face + j * rows + s)
  for (const s of [0, STEPS]) for (let j = 0; j < across - 1; j++) quad(j * rows + s, (j + 1) * rows + s, face + (j + 1) * rows + s, face + j * rows + s)
  const along = new Float32Array(2 * face)
  for (let v = 0; v < 2 * face; v++) along[v] = (Math.floor((v % face) / rows)) / (across - 1)
  return {
    across, middle: new Float64Array(3 * face), points: new Float32Array(6 * face), normals: new Float32Array(6 * face),
    colours: new Float32Array(6 * face), along, triangles: new Uint16Array(triangles),
  }
}

/** Lay the middle points of a sheet: from each origin in its exact direction to its end, kept off the bones. */
function layCourse(sheet, records, first, answers, r, ends) {
  const rows = STEPS + 1, balls = KEEP_OUT.map(([x, y, z, radius, moves]) => [...(moves ? turn(r, [x, y, z]) : [x, y, z]), radius])
  const behind = turn(r, [-0.86, 0.3, 0.4])
  for (let j = 0; j < sheet.across; j++) {
    const t = (first + j) * RECORD, o = (first + j) * ANSWER, u = j / (sheet.across - 1)
    const a = [records[t], records[t + 1], records[t + 2]], p = turn(r, through(ends, u))
    const d = leaving(a[0], a[1], a[2], answers[o + 6], answers[o + 7], answers[o + 8])
    const far = Math.hypot(p[0] - a[0], p[1] - a[1], p[2] - a[2])
    for (let s = 0; s <= STEPS; s++) {
      const w = s / STEPS, v = 1 - w, i = 3 * (j * rows + s)
      const c0 = v * v * v, c1 = 3 * v * v * w, c2 = 3 * v * w * w, c3 = w * w * w
      const point = [0, 1, 2].map((k) => c0 * a[k] + c1 * (a[k] + 0.36 * far * d[k]) + c2 * (p[k] + 0.24 * far * behind[k]) + c3 * p[k])
      const free = Math.min(1, 6 * w * v)
      for (const [x, y, z, radius] of balls) {
        const dx = point[0] - x, dy = point[1] - y, dz = point[2] - z, off = Math.hypot(dx, dy, dz) + 1e-9
        const soft = 0.008, out = free * soft * Math.log1p(Math.exp((radius - off) / soft)) / off
        point[0] += out * dx
        point[1] += out * dy
        point[2] += out * dz
      }
      sheet.middle.set(point, i)
    }
  }
  evenOut(sheet)
}

/** Neighbouring lines drawn towards each other, so that the sheet has no creases; where they leave the pelvis, place and direction stay. */
function evenOut(sheet) {
  const rows = STEPS + 1, { middle } = sheet, before = new Float64Array(3 * rows), here = new Float64Array(3 * rows)
  for (let pass = 0; pass < 4; pass++) {
    before.set(middle.subarray(0, 3 * rows))
    for (let j = 1; j < sheet.across - 1; j++) {
      here.set(middle.subarray(3 * j * rows, 3 * (j + 1) * rows))
      for (let s = 1; s < STEPS; s++) {
        const share = 0.5 * Math.min(1, (s / 5) ** 2)
        for (let k = 3 * s; k < 3 * s + 3; k++) {
          const mean = 0.5 * (before[k] + middle[3 * (j + 1) * rows + k])
          middle[3 * j * rows + k] += share * (mean - here[k])
        }
      }
      before.set(here)
    }
  }
}

/** Give the sheet its thickness and the normals of its skin. */
function thicken(sheet, thickness, lift) {
  const rows = STEPS + 1, face = sheet.across * rows, { middle, points } = sheet
  for (let j = 0; j < sheet.across; j++) {
    const before = Math.max(j - 1, 0), after = Math.min(j + 1, sheet.across - 1), u = j / (sheet.across - 1)
    const edge = Math.sqrt(Math.max(1 - (2 * u - 1) ** 6, 0.02))
    for (let s = 0; s <= STEPS; s++) {
      const i = 3 * (j * rows + s), w = s / STEPS
      const p = 3 * (before * rows + s), q = 3 * (after * rows + s), m = 3 * (j * rows + Math.max(s - 1, 0)), n = 3 * (j * rows + Math.min(s + 1, STEPS))
      const ux = middle[q] - middle[p], uy = middle[q + 1] - middle[p + 1], uz = middle[q + 2] - middle[p + 2]
      const vx = middle[n] - middle[m], vy = middle[n + 1] - middle[m + 1], vz = middle[n + 2] - middle[m + 2]
      const nx = uy * vz - uz * vy, ny = uz * vx - ux * vz, nz = ux * vy - uy * vx, size = Math.hypot(nx, ny, nz) + 1e-12
      const half = thickness * edge * (0.14 + 0.86 * Math.sin(Math.PI * w) ** 0.8), up = lift * edge * Math.sin(Math.PI * w)
      for (let k = 0; k < 3; k++) {
        const normal = [nx, ny, nz][k] / size
        points[i + k] = middle[i + k] + (up + half) * normal
        points[3 * face + i + k] = middle[i + k] + (up - half) * normal
      }
    }
  }
  smoothNormals(sheet)
}

/** Normals of a mesh: the mean of the triangles round each point, larger ones counting more. */
function smoothNormals(mesh) {
  const { points, triangles, normals } = mesh
  normals.fill(0)
  for (let k = 0; k < triangles.length; k += 3) {
    const a = 3 * triangles[k], b = 3 * triangles[k + 1], c = 3 * triangles[k + 2]
    const px = points[b] - points[a], py = points[b + 1] - points[a + 1], pz = points[b + 2] - points[a + 2]
    const qx = points[c] - points[a], qy = points[c + 1] - points[a + 1], qz = points[c + 2] - points[a + 2]
    const nx = py * qz - pz * qy, ny = pz * qx - px * qz, nz = px * qy - py * qx
    for (const v of [a, b, c]) {
      normals[v] += nx
      normals[v + 1] += ny
      normals[v + 2] += nz
    }
  }
  for (let v = 0; v < normals.length; v += 3) {
    const size = Math.hypot(normals[v], normals[v + 1], normals[v + 2]) || 1
    normals[v] /= size
    normals[v + 1] /= size
    normals[v + 2] /= size
  }
}

/** The iliotibial tract as a band: from the crest of the ilium over the trochanter to the shin. */
function emptyTract() {
  const rows = TRACT_CREST.length + 1 + TRACT.length + TRACT_SHIN.length, triangles = [], columns = 5
  for (let s = 0; s < rows - 1; s++) {
    for (let c = 0; c < columns - 1; c++) {
      const a = s * columns + c
      triangles.push(a, a + columns, a + 1, a + 1, a + columns, a + columns + 1)
    }
  }
  const size = 3 * rows * columns
  return { columns, points: new Float32Array(size), normals: new Float32Array(size), triangles: new Uint16Array(triangles) }
}

function layTract(band, r, shin, knee) {
  const edge = ([x, y, z, half], c) => {
    const across = (2 * c) / (band.columns - 1) - 1
    return [x + half * across, y, z - 0.25 * half * across * across]
  }
  for (let c = 0; c < band.columns; c++) {
    const crest = TRACT_CREST.map((one) => edge(one, c)), thigh = TRACT.map((one) => turn(r, edge(one, c)))
    const middle = crest[1].map((v, k) => 0.5 * (v + thigh[0][k])), size = Math.hypot(...middle)
    const between = middle.map((v) => (v * Math.max(size, 0.07)) / size) // over the trochanter, not through it
    const shank = TRACT_SHIN.map((one) => turn(r, turn(shin, edge(one, c)).map((v, k) => v + knee[k])))
    ;[...crest, between, ...thigh, ...shank].forEach((point, s) => band.points.set(point, 3 * (s * band.columns + c)))
  }
  smoothNormals(band)
}
