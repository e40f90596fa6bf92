"""Every device file is checked against the stubs of some family."""

from checks import types


def make(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("")


def test_each_target_sees_lib_firmware_and_its_own_hal(tmp_path):
    make(tmp_path, "lib/loquet/door.py", "firmware/app/x.py", "boards/hal/rp2.py", "tools/a/b.py")
    make(tmp_path, "boards/hal/esp32.py", "boards/hal/unix.py")

    assert types.files_of("rp2", tmp_path) == [
        "firmware/app/x.py",
        "lib/loquet/door.py",
        "boards/hal/rp2.py",
    ]
    assert types.files_of("desktop", tmp_path) == ["tools/a/b.py", "boards/hal/unix.py"]


def test_a_device_file_without_a_target_is_named(tmp_path):
    make(tmp_path, "boards/hal/rp2.py", "boards/hal/new_family.py", "boards/pico/helper.py")

    assert types.unchecked(tmp_path) == ["boards/hal/new_family.py", "boards/pico/helper.py"]
