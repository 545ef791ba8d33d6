"""The State Treasury (Kho bạc Nhà nước): notices of credits by call or by file, mapped and proved as configured.

The treasury's own formats are not public: which field says what, and what proves a notice, are the operator's data.
"""
