"""Which lines of a text header point at a person, in six languages: by their key, or by a date or clock time as their value."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hipspine.anatomy.lexicon import words_of
from hipspine.anatomy.names import resolve

OWN = "person "  # begins the key of what hipspine wrote of a person
_PAIR = re.compile(r"^\s*([^:=]{1,60}?)\s*(?::=|:|=)\s*(.*)$", re.DOTALL)

_ALWAYS = frozenset(
    # English, German
    "patient patients subject subjects client participant athlete proband probandin volunteer user operator technician examiner therapist "
    "physiotherapist doctor physician clinician investigator tester author owner surname firstname lastname forename fullname birth birthday "
    "birthdate dob born sex gender age height weight bodyweight bodymass address email mail phone telephone hospital clinic institution "
    "department insurance ssn mrn patientin vorname nachname familienname geburtsdatum geburtstag geboren geburt geschlecht alter grosse "
    "groesse korpergrosse gewicht korpergewicht anschrift adresse telefon klinik krankenhaus praxis untersucher therapeut therapeutin arzt "
    "arztin bediener versuchsleiter datum messdatum aufnahmedatum uhrzeit kunde klient klientin versuchsperson "
    # French
    "patiente sujet prenom naissance sexe taille poids telephone courriel hopital clinique operateur medecin kinesitherapeute examinateur "
    "heure etablissement "
    # Spanish, Portuguese, Italian
    "paciente sujeto apellido apellidos nacimiento sexo edad estatura peso direccion telefono correo clinica operador medico fisioterapeuta "
    "evaluador fecha hora sujeito sobrenome apelido nascimento idade altura endereco telefone avaliador paziente soggetto cognome nascita "
    "nato nata sesso eta altezza indirizzo ospedale operatore fisioterapista "
    # days, and free text in which anything may stand
    "date dates datetime day comment comments note notes remark remarks kommentar bemerkung bemerkungen notiz anmerkung commentaire "
    "commentaires remarque remarques comentario comentarios observacion observaciones observacoes nota notas commento commenti note "
    "osservazioni keywords title titel titre titulo titolo".split()
)
_UNLESS_TECHNICAL = frozenset(
    "name names nom nombre nome id code codigo codice kennung identifiant identifier number nummer numero record recording messung "
    "aufnahme enregistrement registro registrazione file filename datei fichier archivo arquivo path pfad folder project projekt session "
    "trial test person time".split()
)
_TECHNICAL = frozenset(
    "device gerat geraet appareil dispositivo sensor sensors kanal channel channels canal canale software version application app filter "
    "filtre filtro gain rate frequency frequenz frequence frecuencia frequenza freq sampling sample samples abtastrate messfrequenz unit "
    "units einheit unite unidad protocol protokoll hardware firmware serial muscle muskel electrode resolution amplifier frames frame tracks "
    "type typ mode range cue instruction exercise trigger collection length duration dauer duree duracion high low pass band notch hz sep "
    "measure start simulated fs format labels rectified smoothed offset scale system manufacturer model".split()
)
_DAY = re.compile(
    r"\b\d{4}[-/.]\d\d?[-/.]\d\d?\b|\b\d\d?[-/.]\d\d?[-/.](?:\d{4}|\d\d)\b|\b(?:19|20)\d{6}\b|\b\d\d?:\d\d(?::\d\d)?\b"
    r"|\b\d\d?[.\s-]+[^\W\d]{3,10}[.\s,-]+\d{4}\b|\b[^\W\d]{3,10}\s+\d\d?,?\s+\d{4}\b"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A key of a header and its value."""

    key: str
    value: str
    personal: bool
    at: int  # letter of the line where the value begins


def pair_of(text: str) -> tuple[str, str, int] | None:
    """Key, value and place of the value in ``key: value``, ``key = value`` or ``key := value``."""
    match = _PAIR.match(text)
    return (match[1].strip(), match[2].strip(), match.start(2)) if match else None


def is_personal(key: str, value: str = "") -> bool:
    """Whether this entry of a header points at a person.

    >>> [is_personal(key) for key in ("Geburtsdatum", "First name", "Name", "Device name", "Sampling rate")]
    [True, True, True, False, False]
    >>> is_personal("Recorded", "12.03.2024 10:15"), is_personal("Start time", "0.000")
    (True, False)
    """
    words = set(words_of(key)) | {re.sub(r"[^a-z]", "", key.lower())}
    technical = bool(words & _TECHNICAL)
    if words & _ALWAYS or key.lower().startswith(OWN) or "birth" in key.lower() or words_of(key) == ["data"]:
        return True
    if words & {"data"} and words & {"di", "da", "de", "del", "della"}:
        return True
    if not technical and words & (_UNLESS_TECHNICAL - {"time"}):
        return True
    return bool(_DAY.search(value)) and not (words & {"event", "streams"})


def is_technical(key: str) -> bool:
    """Whether a key speaks of the device and its settings, and of nobody."""
    words = set(words_of(key))
    return bool(words & _TECHNICAL) and not is_personal(key)


def entries_of(cells: Sequence[str], text: str) -> Iterator[Entry]:
    """The entries in one line of a header block: ``Name;Muster``, ``Name: Muster``, ``Name;Muster;Geburtsdatum;1.1.1980``.

    Args:
        cells: of the line.
        text: the line as it is written, in which the places are counted.
    """
    place = 0
    i = 0
    while i < len(cells):
        place = max(text.find(cells[i], place), place) if cells[i] else place
        pair = pair_of(cells[i]) if cells[i] else None
        if pair and pair[1]:
            yield Entry(pair[0], pair[1], is_personal(pair[0], pair[1]), place + pair[2])
            place += len(cells[i])
            i += 1
            continue
        key = cells[i].rstrip(": ")
        i, start = i + 1, place + len(cells[i])
        values = []
        while key and i < len(cells) and not (values and _is_key(cells[i])):
            values.append(cells[i])
            i += 1
        value = ", ".join(value for value in values if value)
        if value:
            at = text.find(next(value for value in values if value), start)
            yield Entry(key, value, is_personal(key, value), at if at >= 0 else start)
        place = start


def _is_key(cell: str) -> bool:
    return bool(cell) and (cell.endswith(":") or is_personal(cell.rstrip(": ")))


def is_title_row(cells: Sequence[str]) -> bool:
    """Whether a line of several cells has titles of sensors and not entries: one per sensor, or a muscle among them."""
    filled = [cell for cell in cells if cell]
    first = bool(filled) and is_personal(filled[0].rstrip(": "))
    return len(filled) > 1 and not first and any(len(cell) < 80 and resolve(cell).muscle is not None for cell in filled)


def is_free_text(cells: Sequence[str], text: str) -> bool:
    """Whether a line without keys may hold anything, such as the name of a recording, and nothing of the device in it."""
    filled = [cell for cell in cells if cell]
    if len(filled) != 1 or pair_of(filled[0]):
        return False
    words = set(words_of(text))
    return not words & (_TECHNICAL | {"ascii", "msec", "usec", "sec"}) and bool(re.search(r"[^\W\d]", text))
