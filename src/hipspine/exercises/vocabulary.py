"""The words that exercises are written with: equipment, space, what a tag warns of."""

from collections.abc import Mapping

EQUIPMENT: Mapping[str, str] = {
    "barbell": "bar with plates", "trap-bar": "hexagonal bar", "dumbbell": "one or two dumbbells", "kettlebell": "one or two kettlebells",
    "plate": "weight plate", "ankle-weight": "cuff weight", "medicine-ball": "medicine ball", "band": "elastic band, long",
    "mini-band": "elastic loop around the legs", "cable": "cable machine", "leg-curl-machine": "leg curl machine",
    "leg-press-machine": "leg press machine", "hip-machine": "hip abduction or adduction machine",
    "back-extension-bench": "Roman chair, 45 or 90 degrees",
    "reverse-hyper": "reverse hyperextension bench", "glute-ham-bench": "glute-ham developer", "pulldown-machine": "lat pull-down machine",
    "row-machine": "seated row machine", "smith-machine": "guided bar", "belt-squat": "belt and lever or cable",
    "bench": "flat bench or sofa edge",
    "box": "box or step", "chair": "chair", "wall": "free wall", "pull-up-bar": "bar to hang from", "rack": "rack for a bar",
    "ball": "gymnastic ball", "slider": "slider or towel on a smooth floor", "suspension": "suspension trainer", "roller": "foam roller",
    "reformer": "Pilates reformer", "cadillac": "Pilates cadillac or springs on a wall", "pilates-chair": "Pilates chair",
    "sled": "sled", "partner": "a second person", "dynamometer": "hand-held dynamometer", "strap": "strap or belt to pull against",
}  # fmt: skip

SPACES: Mapping[str, str] = {
    "mat": "room to lie down",
    "standing": "room to stand and reach",
    "lane": "a lane to walk or jump along",
    "station": "the place of a rack, bench or machine",
}

CONTRA_TAGS: Mapping[str, str] = {
    "spinal-load": "the lowest disc is pressed with 2 kN or more at 75 kg (model estimate), or a weight lies on the shoulders",
    "spinal-flexion-load": "the lumbar spine is bent forward by 20 degrees or more under load",
    "spinal-extension": "the lumbar spine is extended by 10 degrees or more",
    "spinal-rotation": "the lumbar spine turns by 10 degrees or more",
    "hip-extension-end-range": "a hip is extended by 15 degrees or more",
    "deep-hip-flexion": "a hip is bent by 100 degrees or more",
    "deep-knee-flexion": "a loaded knee is bent by 100 degrees or more",
    "hip-adduction-end-range": "a hip crosses the midline by 15 degrees or more",
    "kneeling": "a knee carries weight",
    "impact": "a landing, or a sudden change of speed",
    "single-leg-balance": "one foot alone carries the body",
    "overhead": "the arms are above the head",
    "arm-support": "hands or forearms carry weight",
    "prone-lying": "lying on the front",
    "supine-lying": "lying on the back",
    "side-lying": "lying on the side",
    "hamstring-stretch": "the hamstrings are loaded at length",
    "high-effort": "close to the most that a person can do",
    "hanging": "the body hangs from the hands",
    "grip": "a heavy load in the hands",
    "head-down": "the head is lower than the heart",
    "breath-holding": "people tend to hold their breath",
    "neck-load": "head or neck carries load",
}
"""What a tag warns of; those that motion and demand show are worked out, the others are written."""

WRITTEN_TAGS = ("breath-holding", "neck-load", "high-effort", "grip")
"""Tags that an exercise's file may name; all others follow from its motion."""

REGIONS = ("upper", "middle", "lower")
HIP_MOVEMENTS = (
    "extension", "flexion", "abduction", "adduction", "external-rotation", "internal-rotation", "pelvic-control",
)  # fmt: skip
LINES_OF_PULL = ("axial", "anteroposterior", "posteroanterior", "mediolateral", "torsional")
CONTRACTION_MODES = ("concentric", "eccentric", "isometric", "plyometric")
