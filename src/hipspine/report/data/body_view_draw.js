/* Two painters of one scene: WebGL, and a plain canvas where WebGL is missing. A scene is a list of things: a mesh, how it stands
   (turn, shift, mirrored or not), and its colour, or colours point by point. */
const VERTEX = `
attribute vec3 position, normal, colour; attribute vec3 weave;
uniform mat3 turn; uniform vec3 shift; uniform float mirror; uniform mat4 view; uniform vec3 eye;
varying vec3 n, c, w, toEye;
void main() {
  vec3 p = turn * position + shift, m = turn * normal;
  p.z *= mirror; m.z *= mirror;
  n = m; c = colour; w = weave; toEye = eye - p;
  gl_Position = view * vec4(p, 1.0);
}`
const FRAGMENT = `
precision highp float;
uniform vec4 tint; uniform vec3 key; uniform float night;
varying vec3 n, c, w, toEye;
void main() {
  vec3 v = normalize(toEye), m = normalize(n);
  if (dot(m, v) < 0.0) m = -m;
  vec3 base = mix(c, tint.rgb, tint.a);
  if (tint.a < 0.5) {
    float fibre = abs(fract(w.x * 30.0 + 0.06 * sin(w.y * 9.0)) - 0.5) * 2.0;
    base *= 1.0 - 0.16 * smoothstep(0.55, 1.0, fibre);
    float across = abs(fract(w.y * 15.0) - 0.5) * 2.0;
    base = mix(base, base * 0.55, smoothstep(0.62, 0.72, across) * smoothstep(1.0, 3.0, w.z));
    float border = min(abs(w.x - 1.0 / 3.0), abs(w.x - 2.0 / 3.0));
    base = mix(vec3(1.0 - 0.9 * night), base, smoothstep(0.005, 0.009, border));
  }
  float lit = max(dot(m, key), 0.0), sky = 0.5 + 0.5 * m.y, rim = pow(1.0 - max(dot(m, v), 0.0), 2.5);
  float shine = pow(max(dot(reflect(-key, m), v), 0.0), 24.0);
  gl_FragColor = vec4(base * (0.56 + 0.14 * sky + 0.4 * lit) * (1.0 - 0.34 * rim) + 0.07 * shine, 1.0);
}`

const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2]

/** Where the eye stands: yaw 0 is behind, 90 the person's right side; pitch above; `far` metres from the target. */
function cameraOf({ yaw, pitch, far, target, width, height }) {
  const a = yaw * RADIANS, b = pitch * RADIANS, open = 1 / Math.tan(13 * RADIANS)
  const back = [-Math.cos(a) * Math.cos(b), Math.sin(b), Math.sin(a) * Math.cos(b)]
  const right = cross([0, 1, 0], back), size = Math.hypot(...right), across = right.map((v) => v / size), up = cross(back, across)
  const eye = target.map((v, k) => v + far * back[k]), near = far - 1.2 > 0.05 ? far - 1.2 : 0.05, last = far + 1.2
  const wide = (open * Math.min(height / width, 1)), tall = wide * (width / height), depth = (near + last) / (near - last)
  const rows = [across, up, back].map((row) => [...row, -dot(row, eye)])
  const [x, y, z] = rows
  const view = []
  for (let k = 0; k < 4; k++) view.push(wide * x[k], tall * y[k], depth * z[k] + (k === 3 ? (2 * near * last) / (near - last) : 0), -z[k])
  const seen = (p) => {
    const at = rows.map((row) => dot(row, p) + row[3])
    return [width * (0.5 + (0.5 * wide * at[0]) / -at[2]), height * (0.5 - (0.5 * tall * at[1]) / -at[2]), -at[2]]
  }
  const key = [0, 1, 2].map((k) => 0.45 * across[k] + 0.62 * up[k] + 0.64 * back[k])
  return { eye, view, seen, back, key }
}

/** The two shaders, linked; `null` where that fails, as on a context that was lost. */
function programOf(gl) {
  const program = gl.createProgram()
  for (const [kind, text] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
    const shader = gl.createShader(kind)
    if (!program || !shader) return null
    gl.shaderSource(shader, text)
    gl.compileShader(shader)
    gl.attachShader(program, shader)
  }
  gl.linkProgram(program)
  return gl.getProgramParameter(program, gl.LINK_STATUS) ? program : null
}

/** A painter for this canvas: WebGL, or `null`. */
function webglPainter(canvas) {
  const gl = canvas.getContext("webgl", { antialias: false, alpha: true, premultipliedAlpha: false, preserveDrawingBuffer: true })
  if (!gl) return null
  const stored = new Map()
  let at, set
  const ready = () => {
    const program = programOf(gl)
    if (!program) return false
    gl.useProgram(program)
    gl.enable(gl.DEPTH_TEST)
    at = Object.fromEntries(["position", "normal", "colour", "weave"].map((name) => [name, gl.getAttribLocation(program, name)]))
    set = Object.fromEntries(["turn", "shift", "mirror", "view", "eye", "tint", "key", "night"].map((name) => [name, gl.getUniformLocation(program, name)]))
    stored.clear()
    return true
  }
  if (!ready()) return null
  // phones take the context from pages in the background and give it back later
  canvas.addEventListener("webglcontextlost", (event) => event.preventDefault())
  canvas.addEventListener("webglcontextrestored", () => {
    if (ready()) later()
  })
  const buffers = (mesh) => {
    let kept = stored.get(mesh)
    const fresh = !kept
    if (fresh) {
      kept = { triangles: gl.createBuffer(), points: gl.createBuffer(), normals: gl.createBuffer(), colours: gl.createBuffer(), weave: gl.createBuffer(), version: -1 }
      stored.set(mesh, kept)
      gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, kept.triangles)
      gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, mesh.triangles, gl.STATIC_DRAW)
    }
    if (kept.version !== (mesh.version ?? 0)) {
      for (const name of ["points", "normals", "colours", "weave"]) {
        if (!mesh[name]) continue
        gl.bindBuffer(gl.ARRAY_BUFFER, kept[name])
        gl.bufferData(gl.ARRAY_BUFFER, mesh[name], gl.DYNAMIC_DRAW)
      }
      kept.version = mesh.version ?? 0
    }
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, kept.triangles)
    return kept
  }
  const feed = (where, buffer) => {
    if (!buffer) return gl.disableVertexAttribArray(where)
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer)
    gl.enableVertexAttribArray(where)
    gl.vertexAttribPointer(where, 3, gl.FLOAT, false, 0, 0)
  }
  return {
    name: "WebGL",
    paint(things, camera, night) {
      gl.viewport(0, 0, canvas.width, canvas.height)
      gl.clearColor(0, 0, 0, 0)
      gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT)
      gl.uniformMatrix4fv(set.view, false, camera.view)
      gl.uniform3fv(set.eye, camera.eye)
      gl.uniform3fv(set.key, camera.key)
      gl.uniform1f(set.night, night ? 1 : 0)
      for (const { mesh, turn: r, shift, mirror, colour } of things) {
        const kept = buffers(mesh)
        feed(at.position, kept.points)
        feed(at.normal, kept.normals)
        feed(at.colour, mesh.colours && kept.colours)
        feed(at.weave, mesh.weave && kept.weave)
        gl.uniformMatrix3fv(set.turn, false, [r[0], r[3], r[6], r[1], r[4], r[7], r[2], r[5], r[8]])
        gl.uniform3fv(set.shift, shift)
        gl.uniform1f(set.mirror, mirror)
        if (mesh.bothFaces) gl.disable(gl.CULL_FACE)
        else gl.enable(gl.CULL_FACE) // closed: what faces away is hidden
        gl.frontFace(mirror * dot(r.slice(0, 3), cross(r.slice(3, 6), r.slice(6, 9))) > 0 ? gl.CCW : gl.CW)
        gl.uniform4fv(set.tint, colour ? [...colour, 1] : [0, 0, 0, 0])
        gl.drawElements(gl.TRIANGLES, mesh.triangles.length, gl.UNSIGNED_SHORT, 0)
      }
    },
    finish: () => gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4)),
  }
}

/** The same scene on a plain canvas: far triangles first, one flat colour each. */
function flatPainter(canvas) {
  const pen = canvas.getContext("2d")
  return {
    name: "canvas",
    paint(things, camera) {
      const scale = canvas.width / canvas.clientWidth || 1, drawn = []
      pen.setTransform(scale, 0, 0, scale, 0, 0)
      pen.clearRect(0, 0, canvas.width, canvas.height)
      for (const { mesh, turn: r, shift, mirror, colour } of things) {
        const count = mesh.points.length / 3, world = [], flat = []
        for (let v = 0; v < count; v++) {
          const p = turn(r, [mesh.points[3 * v], mesh.points[3 * v + 1], mesh.points[3 * v + 2]]).map((value, k) => value + shift[k])
          p[2] *= mirror
          world.push(p)
          flat.push(camera.seen(p))
        }
        for (let k = 0; k < mesh.triangles.length; k += 3) {
          const [a, b, c] = [mesh.triangles[k], mesh.triangles[k + 1], mesh.triangles[k + 2]]
          const area = (flat[b][0] - flat[a][0]) * (flat[c][1] - flat[a][1]) - (flat[c][0] - flat[a][0]) * (flat[b][1] - flat[a][1])
          if (!mesh.bothFaces && area * mirror >= 0) continue
          const normal = cross(world[b].map((v, i) => v - world[a][i]), world[c].map((v, i) => v - world[a][i])), size = Math.hypot(...normal) || 1
          const lit = 0.6 + 0.4 * Math.abs(dot(normal, camera.key) / size)
          const base = colour ?? [0, 1, 2].map((i) => mesh.colours[3 * a + i])
          drawn.push([flat[a][2] + flat[b][2] + flat[c][2], flat[a], flat[b], flat[c], base.map((v) => Math.round(255 * v * lit)).join()])
        }
      }
      drawn.sort((one, other) => other[0] - one[0])
      for (const [, a, b, c, shade] of drawn) {
        pen.fillStyle = pen.strokeStyle = `rgb(${shade})`
        pen.beginPath()
        pen.moveTo(a[0], a[1])
        pen.lineTo(b[0], b[1])
        pen.lineTo(c[0], c[1])
        pen.closePath()
        pen.fill()
        pen.stroke()
      }
    },
    finish: () => pen.getImageData(0, 0, 1, 1),
  }
}
