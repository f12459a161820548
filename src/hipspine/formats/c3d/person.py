"""What a C3D file says of people, and where: names, birth dates, codes, examiners, hospitals, dates and times of day, files.

C3D knows no fixed place for a person. Programs keep them in groups of their own making and in English, German, French, Spanish,
Portuguese or Italian; so parameters are judged by the words of their title and of their group. Sizes and weights of a body are
measurements and stay.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from hipspine.formats.c3d.parameters import Parameters
from hipspine.formats.ours import about_of
from hipspine.terms import Floats

OWN = ("SUBJECTS", "DETAILS")  # where hipspine keeps a person that somebody asked to keep
_PEOPLE_WORDS = (
    "SUBJECT SUBJECTS PATIENT PATIENTS PERSON PERSONAL PARTICIPANT PARTICIPANTS ATHLETE ATHLETES CLIENT PLAYER VOLUNTEER "
    "PROBAND PROBANDEN PATIENTEN TEILNEHMER VERSUCHSPERSON SUJET SUJETS PATIENTE SUJETO SUJETOS PACIENTE PACIENTES PARTICIPANTE "
    "SUJEITO ATLETA PAZIENTE PAZIENTI SOGGETTO SOGGETTI PARTECIPANTE"
)
_PEOPLE = frozenset(_PEOPLE_WORDS.split())
_WORDS = {
    "name": "FIRSTNAME LASTNAME SURNAME FULLNAME GIVENNAME FAMILYNAME FORENAME VORNAME NACHNAME PRENOM APELLIDO APELLIDOS COGNOME "
    "SOBRENOME INITIALS",
    "birth date": "DOB BIRTH BIRTHDATE BIRTHDAY DATEOFBIRTH GEBURTSDATUM GEBURTSTAG GEBURTSJAHR GEBOREN NAISSANCE NACIMIENTO NASCIMENTO "
    "NASCITA",
    "sex": "SEX GENDER GESCHLECHT SEXE SEXO SESSO",
    "code": "PATIENTID SUBJECTID PID MRN SSN CODENAME",
    "recording date": "DATE DATETIME TIMESTAMP DATUM AUFNAHMEDATUM FECHA CREATED CREATION",
    "time of day": "TIMEOFDAY STARTTIME UHRZEIT HEURE HORA ORA",
    "technician": "OPERATOR TECHNICIAN EXAMINER THERAPIST PHYSICIAN DOCTOR CLINICIAN INVESTIGATOR RESEARCHER USERNAME AUTHOR OWNER TESTER "
    "UNTERSUCHER ARZT BEDIENER THERAPEUT MEDECIN OPERATEUR EXAMINATEUR AUTEUR OPERADOR MEDICO EXAMINADOR AUTOR FISIOTERAPEUTA "
    "OPERATORE ESAMINATORE AUTORE",
    "hospital": "HOSPITAL CLINIC INSTITUTION INSTITUTE LABORATORY UNIVERSITY KLINIK KRANKENHAUS HOPITAL CLINIQUE CLINICA OSPEDALE "
    "DEPARTMENT PLACE ORT LIEU LUGAR LUOGO",
    "notes": "NOTE NOTES COMMENT COMMENTS REMARK REMARKS DIAGNOSIS PATHOLOGY MEDICATION NOTIZ NOTIZEN BEMERKUNG BEMERKUNGEN KOMMENTAR "
    "DIAGNOSE REMARQUE REMARQUES COMMENTAIRE COMMENTAIRES DIAGNOSTIC NOTA NOTAS COMENTARIO COMENTARIOS OBSERVACIONES DIAGNOSTICO "
    "OBSERVACOES COMMENTO COMMENTI OSSERVAZIONI DIAGNOSI",
    "file": "FILE FILES FILENAME FILEPATH PATH FOLDER DIRECTORY SESSION TRIALNAME DATEI ORDNER FICHIER CHEMIN ARCHIVO RUTA ARQUIVO "
    "PERCORSO",
    "contact": "EMAIL MAIL PHONE TELEPHONE ADDRESS ADRESSE TELEFON DIRECCION TELEFONO INDIRIZZO ENDERECO TELEFONE",
}
_IN_A_PERSON = {
    "name": "NAME NAMES NOM NOMS NOMBRE NOME NOMI",
    "birth date": "AGE ALTER EDAD IDADE ETA",
    "code": "ID IDS CODE CODES NUMBER NO NR NUMMER NUMERO NUM",
    "time of day": "TIME",
}
_ALONE = {"TIME": "time of day", "USER": "technician", "LAB": "hospital"}  # only where nothing else is said
_WORD_OF = {word: what for what, words in _WORDS.items() for word in words.split()}
_PERSON_WORD_OF = {word: what for what, words in _IN_A_PERSON.items() for word in words.split()}
_NUMBERS_TOO = ("birth date", "code", "recording date", "time of day", "sex")
_KEPT_GROUPS = ("HIPSPINE", "EVENT_CONTEXT")
_KEPT_TITLES = ("SEG_NAME", "UNITS", "LABELS", "TYPE_GROUPS", "DATA_START")
_SIDES = ("left", "right", "links", "rechts", "gauche", "droite", "izquierda", "derecha", "esquerda", "direita", "sinistra", "destra")
_SEPARATORS = ":_-. "
_NUMBERED = re.compile(r"s\d")  # as `hipspine anonymise` writes it


def what_of_a_person(group: str, title: str, *, is_text: bool) -> str:
    """What a parameter says of a person, such as "birth date"; empty where it says nothing.

    >>> what_of_a_person("TRIAL", "DATE", is_text=False), what_of_a_person("SUBJECT", "WEIGHT", is_text=False)
    ('recording date', '')
    >>> what_of_a_person("PATIENT", "GEBURTSDATUM", is_text=True), what_of_a_person("POINT", "LABELS", is_text=True)
    ('birth date', '')
    """
    if group in _KEPT_GROUPS or title in _KEPT_TITLES:
        return ""
    words = _words(title)
    alone = _ALONE.get(title.upper(), "") if not group.startswith("EVENT") else ""
    in_person = bool(_words(group) & _PEOPLE)
    found = [_WORD_OF[word] for word in sorted(words | {title.replace("_", "").replace(" ", "")}) if word in _WORD_OF]
    if in_person or words & _PEOPLE:
        found += [_PERSON_WORD_OF[word] for word in sorted(words) if word in _PERSON_WORD_OF]
    found += [alone] if alone else []
    found.sort(key=list(_WORDS).index)
    if not is_text:
        return next((what for what in found if what in _NUMBERS_TOO), "")
    if not found and words & _PEOPLE:
        return "name"
    return found[0] if found else "details" if in_person else ""


def _words(title: str) -> set[str]:
    return {word for word in re.split(r"[^A-Z]+", title.upper()) if word}


def person_of(parameters: Parameters) -> dict[str, str]:
    """Everything that the file says of people: what it is, and the texts or numbers that say it."""
    kept = parameters.get(OWN[0], {}).get(OWN[1])
    if isinstance(kept, list) and kept:
        return about_of(kept)
    found: dict[str, list[str]] = {}
    for group, titles in parameters.items():
        for title, value in titles.items():
            what = what_of_a_person(group, title, is_text=isinstance(value, list))
            shown = [text for text in value if text] if isinstance(value, list) else [_numbers(value)]
            if what and any(shown):
                found.setdefault(what, []).extend(text for text in shown if text not in found.get(what, []))
    return {what: "; ".join(texts) for what, texts in found.items()}


def _numbers(values: Floats) -> str:
    return " ".join(f"{n:g}" for n in values if np.isfinite(n)) if np.any(values) else ""


# --------------------------------------------------------------------------------------------- people in front of labels


@dataclass(slots=True)
class Prefixes:
    """The subjects in front of marker labels (``Smith:LHEE``): told apart by a number, not by their name."""

    known: tuple[str, ...]  # names and prefixes that the file states
    subjects: list[str] = field(default_factory=list)

    def split(self, label: str) -> tuple[str, str]:
        """The subject in front of a label, empty if there is none, and the rest."""
        for known in self.known:
            rest = label[len(known) :]
            if rest and label[: len(known)].casefold() == known.casefold() and (known[-1] in _SEPARATORS or rest[0] in _SEPARATORS):
                bare = rest.lstrip(_SEPARATORS)
                if bare:
                    return known.rstrip(_SEPARATORS) or known, bare
        subject, colon, rest = label.partition(":")
        subject = subject.strip()
        if colon and rest.strip() and (len(subject) > 2 or _NUMBERED.fullmatch(subject)) and subject.lower() not in _SIDES:
            return subject, rest.strip()
        return "", label

    def shown(self, label: str, form: str = "subject {}:{}") -> str:
        """The label without the subject, or with its number where there are several."""
        subject, rest = self.split(label)
        if not subject:
            return label
        return rest if len(self.subjects) == 1 else form.format(self.subjects.index(subject.casefold()) + 1, rest)


def prefixes_of(parameters: Parameters, labels: Sequence[str]) -> Prefixes:
    """The subjects that stand in front of these labels.

    >>> both = prefixes_of({}, ["Smith:LHEE", "Jones:LHEE"])
    >>> both.shown("Jones:LHEE"), prefixes_of({}, ["Smith:LHEE"]).shown("Smith:LHEE"), both.shown("L:HEE")
    ('subject 2:LHEE', 'LHEE', 'L:HEE')
    """
    stated = [
        text
        for group, titles in parameters.items()
        if _words(group) & _PEOPLE
        for title in ("LABEL_PREFIXES", "NAMES", "NAME")
        for text in _texts(titles.get(title))
        if len(text) > 2
    ]
    found = Prefixes(tuple(sorted(set(stated), key=lambda text: (-len(text), text))))
    found.subjects.extend(dict.fromkeys(subject.casefold() for subject, _ in map(found.split, labels) if subject))
    return found


def _texts(value: object) -> Iterable[str]:
    return (text for text in value if isinstance(text, str)) if isinstance(value, list) else ()
