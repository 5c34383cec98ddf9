# Hands over to the one CMake build, so that node-gyp, `npm rebuild`, node-gyp-build's fallback and
# prebuildify all give the same build/Release/mnn_face.node.
{
  "targets": [
    {
      "target_name": "mnn_face_cmake",
      "type": "none",
      "actions": [
        {
          "action_name": "cmake",
          "inputs": ["CMakeLists.txt", "native/build.mjs"],
          "outputs": ["build/Release/mnn_face.node"],
          "action": ["node", "native/build.mjs"],
          "message": "Building the addon with CMake"
        }
      ]
    }
  ]
}
