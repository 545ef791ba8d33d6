from payments.plain_text import ascii_text


def test_vietnamese_loses_its_accents_and_nothing_else():
    assert ascii_text("Lệ phí cấp giấy phép Đường bộ", 100) == "Le phi cap giay phep Duong bo"


def test_signs_that_banks_drop_become_spaces():
    assert ascii_text("Hồ sơ #12 & (bản sao)!", 100) == "Ho so 12 ban sao"


def test_text_is_cut_at_a_word():
    assert ascii_text("Phí thẩm định hồ sơ", 12) == "Phi tham"
