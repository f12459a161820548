/* Lengths, moment arms, fibre lengths and capacities of gluteus maximus: the polynomial of hipspine.mechanics.field_kernel, line by line.
   A record of a line: origin 3, polynomial 20, force, optimal fibre, pennation, slack, last point on the thigh 3 and insertion on the shin 3
   (both from the knee's hinge; zeros where a line ends on the femur). An answer of a line: see ANSWER. */
const RADIANS = Math.PI / 180
const RECORD = 33
const ANSWER = 9 // length, arms about flexion, adduction, rotation [m], normalised fibre length, capacity [N], moment of a unit pull (3)
const SPREAD = 0.45 // of active force over fibre length, as in hipspine.mechanics.arms
const REGIONS = ["upper", "middle", "lower"]
const QUANTITIES = ["flexion_mm", "adduction_mm", "rotation_mm", "length_norm", "capacity_n"]

/** Femur in pelvis, row by row, for angles in degrees: Rz(flexion) Rx(adduction) Ry(rotation). */
function rotation(angles) {
  const [f, g, k] = angles.slice(0, 3).map((angle) => angle * RADIANS)
  const cf = Math.cos(f), sf = Math.sin(f), cg = Math.cos(g), sg = Math.sin(g), ck = Math.cos(k), sk = Math.sin(k)
  return [
    cf * ck - sf * sg * sk, -sf * cg, cf * sk + sf * sg * ck,
    sf * ck + cf * sg * sk, cf * cg, sf * sk - cf * sg * ck,
    -cg * sk, sg, cg * ck,
  ]
}

/** Fill `out` (line after line, ANSWER numbers each) for `count` records that begin at `first`; the fourth angle is the knee's. */
function answerLines(records, first, count, angles, out) {
  const r = rotation(angles)
  const cf = Math.cos(angles[0] * RADIANS), sf = Math.sin(angles[0] * RADIANS), sg = r[7], wx = r[1], wy = r[4]
  const ck = Math.cos((angles[3] ?? 0) * RADIANS), sk = -Math.sin((angles[3] ?? 0) * RADIANS) // the shin turns backwards
  for (let j = 0; j < count; j++) {
    const t = (first + j) * RECORD, p = t + 3, o = j * ANSWER
    const ax = records[t], ay = records[t + 1], az = records[t + 2]
    const x = r[0] * ax + r[3] * ay + r[6] * az, y = r[1] * ax + r[4] * ay + r[7] * az, z = r[2] * ax + r[5] * ay + r[8] * az
    const bx = records[p + 1], by = records[p + 2], bz = records[p + 3]
    const qx = records[p + 4] * x + records[p + 5] * y + records[p + 6] * z
    const qy = records[p + 5] * x + records[p + 7] * y + records[p + 8] * z
    const qz = records[p + 6] * x + records[p + 8] * y + records[p + 9] * z
    const xx = x * x, yy = y * y, zz = z * z, xy = 2 * x * y, yz = 2 * y * z, xz = 2 * x * z
    const cx = records[p + 10] * xx + records[p + 11] * xy + records[p + 12] * xz + records[p + 13] * yy + records[p + 14] * yz + records[p + 15] * zz
    const cy = records[p + 11] * xx + records[p + 13] * xy + records[p + 14] * xz + records[p + 16] * yy + records[p + 17] * yz + records[p + 18] * zz
    const cz = records[p + 12] * xx + records[p + 14] * xy + records[p + 15] * xz + records[p + 17] * yy + records[p + 18] * yz + records[p + 19] * zz
    const length = Math.sqrt(records[p] + x * (bx + qx + cx) + y * (by + qy + cy) + z * (bz + qz + cz))
    const gx = bx + 2 * qx + 3 * cx, gy = by + 2 * qy + 3 * cy, gz = bz + 2 * qz + 3 * cz
    const hx = r[0] * gx + r[1] * gy + r[2] * gz, hy = r[3] * gx + r[4] * gy + r[5] * gz, hz = r[6] * gx + r[7] * gy + r[8] * gz
    const half = 0.5 / length
    const mx = (ay * hz - az * hy) * half, my = (az * hx - ax * hz) * half, mz = (ax * hy - ay * hx) * half
    const ex = records[t + 27], ey = records[t + 28], ez = records[t + 29], px = records[t + 30], py = records[t + 31], pz = records[t + 32]
    const whole = length + Math.hypot(ck * px - sk * py - ex, sk * px + ck * py - ey, pz - ez) - Math.hypot(px - ex, py - ey, pz - ez)
    const optimal = records[t + 24], height = optimal * Math.sin(records[t + 25]), along = Math.max(whole - records[t + 26], 0)
    const norm = Math.hypot(along, height) / optimal
    out[o] = whole
    out[o + 1] = mz
    out[o + 2] = cf * mx + sf * my
    out[o + 3] = wx * mx + wy * my + sg * mz
    out[o + 4] = norm
    out[o + 5] = records[t + 23] * Math.exp(-((norm - 1) ** 2) / SPREAD) * along / (norm * optimal)
    out[o + 6] = mx
    out[o + 7] = my
    out[o + 8] = mz
  }
}

/** Regions of one field, then the whole muscle, into `out` from `at`: arms [mm] and fibre length as means weighted by force, capacity as a sum. */
function answerRegions(records, first, regionOf, lines, out, at) {
  const whole = REGIONS.length
  out.fill(0, at, at + (whole + 1) * 5)
  const weight = [0, 0, 0, 0]
  for (let j = 0; j < regionOf.length; j++) {
    const force = records[(first + j) * RECORD + 23], o = j * ANSWER
    for (const region of [regionOf[j], whole]) {
      const k = at + region * 5
      weight[region] += force
      out[k] += 1e3 * force * lines[o + 1]
      out[k + 1] += 1e3 * force * lines[o + 2]
      out[k + 2] += 1e3 * force * lines[o + 3]
      out[k + 3] += force * lines[o + 4]
      out[k + 4] += lines[o + 5]
    }
  }
  for (let region = 0; region <= whole; region++) for (let q = 0; q < 4; q++) out[at + region * 5 + q] /= weight[region]
}

/** Value below which a share of sorted numbers lies, straight between neighbours. */
function quantile(sorted, share) {
  const at = share * (sorted.length - 1), low = Math.floor(at), next = Math.min(low + 1, sorted.length - 1)
  return sorted[low] + (at - low) * (sorted[next] - sorted[low])
}

/** How far a posture is from the nearest measured plane, as hipspine.mechanics.field_ensemble.mixture: the second largest share of a measured range. */
function mixtureOf(angles, measured) {
  return measured.map(([low, high], k) => angles[k] / (angles[k] < 0 ? low : high)).sort((a, b) => a - b)[1]
}

/** Whether no measurement covers a posture, as hipspine.mechanics.extrapolation; `whole`: the arms of the whole muscle there. */
function isExtrapolated(angles, whole, { measured_deg, modelled_deg, mixed, agreed_mm }) {
  const reached = modelled_deg.every(([low, high], k) => angles[k] >= low && angles[k] <= high)
  const agreed = QUANTITIES.slice(0, 3).every((key) => whole[key].low === null || whole[key].members_mm <= agreed_mm)
  return !(reached && agreed && mixtureOf(angles, measured_deg) <= mixed)
}

/** One who answers for a muscle: the best field, and the 90 % interval over its members where it has any. Arms are widened by what
    the form of the field leaves open (hipspine.mechanics.field_ensemble.ensemble_arms, whole_arms). */
function muscleOf(data) {
  const count = data.region_of.length, members = data.member_records ? data.member_records.length / (count * RECORD) : 0
  const lines = new Float64Array(count * ANSWER), size = (REGIONS.length + 1) * 5
  const best = new Float64Array(size), all = new Float64Array(members * size), sorted = new Float64Array(members)
  return {
    members,
    lines,
    answer(angles) {
      answerLines(data.records, 0, count, angles, lines)
      answerRegions(data.records, 0, data.region_of, lines, best, 0)
      const form = data.covered.form_mm * mixtureOf(angles, data.covered.measured_deg)
      const told = {}, others = new Float64Array(members ? count * ANSWER : 0)
      for (let m = 0; m < members; m++) {
        answerLines(data.member_records, m * count, count, angles, others)
        answerRegions(data.member_records, m * count, data.region_of, others, all, m * size)
      }
      for (let region = 0; region <= REGIONS.length; region++) {
        const one = {}
        for (let q = 0; q < 5; q++) {
          const value = { value: best[region * 5 + q], low: null, high: null }
          if (members) {
            for (let m = 0; m < members; m++) sorted[m] = all[m * size + region * 5 + q]
            sorted.sort()
            value.low = quantile(sorted, 0.05)
            value.high = quantile(sorted, 0.95)
            if (q < 3) {
              value.members_mm = value.high - value.low // before it is widened: how far the members agree
              const middle = quantile(sorted, 0.5)
              value.low = Math.min(value.value, middle - Math.hypot(middle - value.low, form)) // never without the best fit itself
              value.high = Math.max(value.value, middle + Math.hypot(value.high - middle, form))
            }
          }
          one[QUANTITIES[q]] = value
        }
        told[REGIONS[region] ?? "whole"] = one
      }
      told.extrapolated = isExtrapolated(angles, told.whole, data.covered)
      return told
    },
  }
}
