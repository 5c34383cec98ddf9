//! Copies the library and the headers that turbojpeg-sys built to the folder named by `JPEG_PREFIX_OUT`.

use std::{env, fs, io, path::Path};

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-env-changed=JPEG_PREFIX_OUT");
    let Some(prefix) = env::var_os("JPEG_PREFIX_OUT") else {
        return Ok(());
    };
    // `links = "turbojpeg"` in turbojpeg-sys makes cargo hand its include folder over.
    let include = env::var_os("DEP_TURBOJPEG_INCLUDE").expect("turbojpeg-sys gave no include folder");
    let (include, prefix) = (Path::new(&include), Path::new(&prefix));
    let lib = include.parent().expect("an install folder").join("lib");
    fs::create_dir_all(prefix.join("include"))?;
    fs::create_dir_all(prefix.join("lib"))?;
    // libjpeg's own interface: TurboJPEG's gives no rows, and no more than one warning.
    for header in ["jpeglib.h", "jconfig.h", "jmorecfg.h", "jerror.h"] {
        fs::copy(include.join(header), prefix.join("include").join(header))?;
    }
    let archive = if cfg!(windows) { "turbojpeg-static.lib" } else { "libturbojpeg.a" };
    fs::copy(lib.join(archive), prefix.join("lib").join(archive))?;
    Ok(())
}
