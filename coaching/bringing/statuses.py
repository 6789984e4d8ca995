"""The words of other products for the state of a session. A word that is not here is asked for."""

from collections.abc import Mapping

from coaching.bringing.file_map import Meaning, word_key

_WORDS: Mapping[Meaning, str] = {
    Meaning.SCHEDULED: "scheduled, confirmed, booked, active, accepted, upcoming, approved, rescheduled, reserved, "
    "bestätigt, gebucht, geplant, angenommen, terminiert, "
    "confirmado, confirmada, reservado, reservada, programado, programada, aceptado, aceptada, agendado, agendada, "
    "confirmé, confirmée, réservé, réservée, planifié, planifiée, accepté, acceptée, "
    "aceito, aceita, marcado, marcada, 予約済み, 確定, 確認済み, 予定",
    Meaning.COMPLETED: "completed, complete, done, attended, arrived, finished, checked in, checked out, showed, held, "
    "no show, no-show, noshow, no_show, did not attend, missed, "
    "abgeschlossen, erledigt, teilgenommen, durchgeführt, beendet, nicht erschienen, "
    "completado, completada, realizado, realizada, asistió, terminado, no asistió, no se presentó, "
    "terminé, terminée, effectué, effectuée, honoré, présent, absent, non présenté, "
    "concluído, concluída, compareceu, não compareceu, faltou, 完了, 実施済み, 出席, 無断欠席, 欠席",
    Meaning.CANCELED: "canceled, cancelled, canceled by client, cancelled by client, canceled by host, "
    "cancelled by host, cancellation, late cancel, late cancellation, late canceled, late cancelled, deleted, "
    "storniert, abgesagt, gelöscht, cancelado, cancelada, anulado, anulada, annulé, annulée, キャンセル, キャンセル済み, 取消",
}
_KNOWN: Mapping[str, Meaning] = {
    word_key(word): meaning for meaning, words in _WORDS.items() for word in words.split(", ")
}


def meaning_of(text: str, said: Mapping[str, Meaning]) -> Meaning | None:
    """Return what a status means, by what somebody said or by the table. None: nobody knows."""
    key = word_key(text)
    return said.get(key) or _KNOWN.get(key)
