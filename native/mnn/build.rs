//! Copies libMNN.a and the headers that mnn-sys built to the folder named by `MNN_PREFIX_OUT`.

use std::{env, fs, io, path::Path};

fn copy_tree(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_tree(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-env-changed=MNN_PREFIX_OUT");
    let Some(prefix) = env::var_os("MNN_PREFIX_OUT") else {
        return Ok(());
    };
    // `links = "mnn"` in mnn-sys makes cargo hand its OUT_DIR over under this name.
    let built = env::var_os("DEP_MNN_ROOT").expect("mnn-sys gave no DEP_MNN_ROOT");
    let (built, prefix) = (Path::new(&built), Path::new(&prefix));
    copy_tree(&built.join("vendor/include"), &prefix.join("include"))?;
    // The flatbuffers schema: the model check walks the graph before MNN does.
    copy_tree(&built.join("vendor/schema/current"), &prefix.join("schema"))?;
    copy_tree(
        &built.join("vendor/3rd_party/flatbuffers/include"),
        &prefix.join("include"),
    )?;
    fs::create_dir_all(prefix.join("lib"))?;
    let archive = if cfg!(windows) { "MNN.lib" } else { "libMNN.a" };
    fs::copy(
        built.join("mnn-install/lib").join(archive),
        prefix.join("lib").join(archive),
    )?;
    Ok(())
}
